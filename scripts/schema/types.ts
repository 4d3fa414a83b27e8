// What a dashboard may be, from Grafana's own types: those of the classic schema, and of each kind of panel its options and the
// options of its fields, which the dashboard's type leaves open.
import type { Dashboard, Panel, RowPanel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as logs from '@grafana/schema/dist/esm/raw/composable/logs/panelcfg/x/LogsPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// Plain is a type as JSON has it: an enumeration of texts is the texts.
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T;

type Kind<Type extends string, Options, Custom> = Omit<Plain<Panel>, 'type' | 'options' | 'fieldConfig'> & {
  type: Type;
  options?: Plain<Options>;
  fieldConfig?: Omit<NonNullable<Plain<Panel>['fieldConfig']>, 'defaults'> & {
    defaults: Omit<NonNullable<Plain<Panel>['fieldConfig']>['defaults'], 'custom'> & { custom?: Plain<Custom> };
  };
};

// Every kind of panel that we use; Grafana publishes no types for the one of traces.
export type AnyPanel =
  | Kind<'stat', stat.Options, never>
  | Kind<'bargauge', bargauge.Options, never>
  | Kind<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Kind<'heatmap', Partial<heatmap.Options>, heatmap.FieldConfig>
  | Kind<'table', table.Options, table.FieldConfig>
  | Kind<'logs', logs.Options, never>
  | Kind<'traces', Record<string, never>, never>
  | (Omit<Plain<RowPanel>, 'panels'> & { panels: [] });

export type Board = Omit<Plain<Dashboard>, 'panels'> & { panels: AnyPanel[] };
