// What must not pass, so that a check that lets everything pass does not.
import type { Board } from './types';

const board: Board = { schemaVersion: 41, panels: [] };

// @ts-expect-error a version that is no number
export const version: Board = { ...board, schemaVersion: '41' };
// @ts-expect-error a field that dashboards do not have
export const field: Board = { schemaVersion: 41, panels: [], colour: 'red' };
// @ts-expect-error a kind of panel that we do not use
export const kind: Board = { ...board, panels: [{ type: 'graph' }] };
// @ts-expect-error an option that there is not
export const option: Board = { ...board, panels: [{ type: 'stat', options: { graphMode: 'dots' } }] };
// @ts-expect-error an option of fields that there is not
export const custom: Board = { ...board, panels: [{ type: 'timeseries', fieldConfig: { defaults: { custom: { lineWidht: 1 } }, overrides: [] } }] };
