// @ts-check
/**
 * Every regular expression of the product runs in linear time, whatever text it meets: each literal in `apps` and
 * `libs` is analysed by recheck. Patterns that are put together at run time can't be analysed; they are refused, but
 * for those that are listed here. What was found safe is remembered in node_modules/.cache.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

process.env['RECHECK_SYNC_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, 'node_modules/.cache/keepsake/patterns.json');
const TIMEOUT_MS = 60_000;

/** Files that make patterns of what the product itself declares; each segment of these is matched by `[^/]+`, a free text once by `.+?`. */
const MADE_OF_OWN_PATHS = new Set([
  'libs/http/src/server/allowed-methods.ts',
  'libs/http/src/server/free-text-paths.ts',
  'libs/mcp/src/resources/resource-address.ts',
]);

/** @type {Set<string>} */
const safe = new Set(readSafe());
/** @type {Set<string>} */
const seen = new Set();
const problems = [];
for (const file of ['apps', 'libs'].flatMap((folder) => sourcesIn(join(ROOT, folder)))) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  visit(source, source);
}
writeSafe();
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${seen.size} patterns run in linear time`);

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} source
 */
function visit(node, source) {
  if (ts.isRegularExpressionLiteral(node)) {
    const problem = problemOf(node.text);
    if (problem !== undefined) problems.push(`${placeOf(node, source)}: ${node.text} ${problem}`);
  }
  if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(source) === 'RegExp') {
    if (!MADE_OF_OWN_PATHS.has(relative(ROOT, source.fileName)))
      problems.push(`${placeOf(node, source)}: write the pattern as a literal, so that it can be analysed`);
  }
  ts.forEachChild(node, (child) => visit(child, source));
}

/** @param {string} literal */
function problemOf(literal) {
  seen.add(literal);
  if (!safe.has(literal)) {
    const end = literal.lastIndexOf('/');
    const result = checkSync(literal.slice(1, end), literal.slice(end + 1), { timeout: TIMEOUT_MS });
    if (result.status === 'vulnerable') {
      const { complexity, attack } = result;
      return `takes ${complexity.summary} time, for example on ${JSON.stringify(attack.pattern)}`;
    }
    if (result.status === 'unknown') return `can not be analysed (${result.error.kind}): write it more simply`;
  }
  safe.add(literal);
  return undefined;
}

/**
 * @param {ts.Node} node
 * @param {ts.SourceFile} source
 */
function placeOf(node, source) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return `${relative(ROOT, source.fileName)}:${line + 1}`;
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name) && !/spec\.ts$|(?:^|[/\\])testing[/\\]/.test(name))
    .map((name) => join(folder, name));
}

/** @returns {string[]} */
function readSafe() {
  try {
    return JSON.parse(readFileSync(CACHE, 'utf8'));
  } catch {
    return [];
  }
}

function writeSafe() {
  mkdirSync(dirname(CACHE), { recursive: true });
  writeFileSync(`${CACHE}.${process.pid}`, JSON.stringify([...safe]));
  renameSync(`${CACHE}.${process.pid}`, CACHE);
}
