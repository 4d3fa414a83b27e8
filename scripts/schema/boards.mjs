// Writes the dashboards as TypeScript: JSON read as a module would lose the literals that the types ask for.
// Arguments: the directory of the dashboards, the file to write.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, out] = process.argv.slice(2);
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
if (files.length === 0) throw new Error(`no dashboards in ${directory}`);
const boards = files.map((name, index) => `// ${name}\nexport const board${index}: Board = ${readFileSync(join(directory, name), 'utf8').trim()};\n`);
writeFileSync(out, `import type { Board } from './types';\n\n${boards.join('\n')}`);
console.log(`schema: ${files.length} dashboards`);
