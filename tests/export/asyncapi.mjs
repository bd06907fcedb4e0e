// Errors that AsyncAPI's parser finds in files, as JSON: {file: [message, ...]}. Advice to use a newer version is none.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const parser = new Parser();
const found = {};
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(readFileSync(file, 'utf8'));
  found[file] = diagnostics
    .filter((d) => d.severity <= 1 || (d.severity === 2 && d.code !== 'asyncapi-latest-version'))
    .map((d) => `${d.code} at ${d.path.join('.')}: ${d.message}`);
  if (!document && !found[file].length) found[file].push('no document');
}
console.log(JSON.stringify(found));
