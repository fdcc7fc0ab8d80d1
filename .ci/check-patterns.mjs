// @ts-check
/**
 * Every regular expression of the product runs in linear time, whatever text it meets: each literal in `apps` and
 * `libs` is analysed by recheck. Patterns that are put together at run time can't be analysed; they are refused, but
 * for those that are listed here. What was found safe is remembered in `safe-patterns.json`, as the analysis of all takes seven
 * minutes: commit it with the pattern. `--all` analyses all of them again.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

process.env['RECHECK_SYNC_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');

const ROOT = join(import.meta.dirname, '..');
const SAFE_PATTERNS = join(import.meta.dirname, 'safe-patterns.json');
const TIMEOUT_MS = 60_000;
/** What has a lookbehind is tried with texts of chance: the same ones at each run, and a finding has to come with all of these seeds. */
const SEEDS = [1, 2, 3];

/** Files that make patterns of what the product itself declares; each segment of these is matched by `[^/]+`, a free text once by `.+?`. */
const MADE_OF_OWN_PATHS = new Set([
  'libs/http/src/server/allowed-methods.ts',
  'libs/http/src/server/free-text-paths.ts',
  'libs/mcp/src/resources/resource-address.ts',
]);

/** @type {Set<string>} */
const safe = new Set(process.argv.includes('--all') ? [] : JSON.parse(readFileSync(SAFE_PATTERNS, 'utf8')));
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
    const result = check(literal.slice(1, end), literal.slice(end + 1));
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
 * @param {string} pattern
 * @param {string} flags
 * @returns {import('recheck').Diagnostics}
 */
function check(pattern, flags, [randomSeed, ...others] = SEEDS) {
  const result = checkSync(pattern, flags, { timeout: TIMEOUT_MS, randomSeed });
  const isByChance = result.status === 'vulnerable' && result.checker === 'fuzz';
  return isByChance && others.length > 0 ? check(pattern, flags, others) : result;
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

/** Those that are still there. */
function writeSafe() {
  const kept = [...seen].filter((literal) => safe.has(literal)).toSorted();
  const text = `${JSON.stringify(kept, null, 2)}\n`;
  if (text !== readFileSync(SAFE_PATTERNS, 'utf8')) writeFileSync(SAFE_PATTERNS, text);
}
