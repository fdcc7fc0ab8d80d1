// @ts-check
/**
 * What the documentation names is there: files and folders, links with their headings, and the names of classes, functions,
 * fields and variables, which must occur in the code (not in its comments). The table of routes in ARCHITECTURE.md is made
 * from the controllers; `--write` writes it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
const folders = new Set(
  files.flatMap((file) => file.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))),
);
/** What was noted at the time stays as it was. */
const documents = files.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
/** Names of others (of PostgreSQL, packages, programs), and of examples. */
const FOREIGN = new Set([
  'websearch_to_tsquery',
  'ts_rank_cd',
  'CacheInterceptor',
  'McpServer',
  '/openapi.json',
  'claude_desktop_config.json',
  '.cursor/mcp.json',
  'remember.mjs',
  '.keepsake/remember.mjs',
  'sizeBytes',
  'bundleDependencies',
  'docs/manual/0001',
  'docs/manual/0002',
  'docker/secrets/grafana-password',
]);

const TABLE = /(<!-- routes: .*? -->\n)[^]*?(\n<!-- end of routes -->)/;

/** @type {string[]} */
const problems = [];
checkRoutes();
const names = namesInCode();
for (const document of documents) {
  const text = read(document).replaceAll(/^```[^]*?^```/gm, '');
  for (const [, code = ''] of text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)) checkCode(document, code);
  for (const [, target = ''] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) checkLink(document, target);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${documents.length} documents name what is there`);

/**
 * @param {string} document
 * @param {string} code
 */
function checkCode(document, code) {
  if (FOREIGN.has(code)) return;
  if (/^[\w.@/<>*{},-]+\.(?:ts|mjs|json|ya?ml|md|sql|conf)$/.test(code)) {
    if (!isFile(code)) problems.push(`${document}: there is no file ${code}`);
  } else if (/^(?:apps|libs|test|bench|docs|docker|bin|\.ci)\/[\w./*-]*$/.test(code)) {
    const folder = code.replace(/\/$/, '');
    if (!folders.has(folder) && !files.includes(folder) && !isFile(code))
      problems.push(`${document}: there is no folder ${code}`);
  } else if (/^[A-Za-z_$][\w$]*(?:[.#][A-Za-z_$][\w$]*)*(?:\(\))?$/.test(code))
    for (const name of code.replace('()', '').split(/[.#]/))
      if (/[a-z\d][A-Z]|[A-Z]_[A-Z]|[a-z]_[a-z]/.test(name) && !names.has(name) && !FOREIGN.has(name))
        problems.push(`${document}: no code has the name ${name}`);
}

/**
 * A path, or the end of one; `*` and `<feature>` stand for a part.
 *
 * @param {string} path
 */
function isFile(path) {
  const parts = path.replace(/^\//, '').split(/(\*+|<[^>]+>|\{[^}]+\})/);
  const pattern = parts.map((part, index) => (index % 2 === 0 ? part.replaceAll('.', '\\.') : '[^ ]*')).join('');
  const whole = new RegExp(`(?:^|/)${pattern}$`);
  return files.some((file) => whole.test(file));
}

/**
 * @param {string} document
 * @param {string} target
 */
function checkLink(document, target) {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? document : normalize(join(dirname(document), path));
  if (!existsSync(join(ROOT, file))) problems.push(`${document}: there is no ${target}`);
  else if (heading !== undefined && file.endsWith('.md') && !headingsOf(file).has(heading))
    problems.push(`${document}: ${file} has no heading #${heading}`);
}

/** @param {string} file */
function headingsOf(file) {
  const headings = read(file).matchAll(/^#+ (.*)$/gm);
  const slug = (/** @type {string} */ text) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map(([, text = '']) => slug(text)));
}

/** Identifiers and the words of strings of all code, and the words of configuration. */
function namesInCode() {
  const found = new Set();
  const add = (/** @type {string} */ text) => {
    for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) found.add(word);
  };
  for (const file of files) {
    if (/\.(?:ts|mjs)$/.test(file)) {
      const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
      const visit = (/** @type {ts.Node} */ node) => {
        if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) found.add(node.text.replace('#', ''));
        else if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
          add(node.text);
        ts.forEachChild(node, visit);
      };
      visit(source);
    } else if (/\.(?:json|ya?ml|sql|conf|example|lua)$|Dockerfile$/.test(file) && !file.endsWith('package-lock.json'))
      add(read(file));
  }
  return found;
}

function checkRoutes() {
  const architecture = read('ARCHITECTURE.md');
  const rows = files.filter((file) => /^(?:libs|apps)\/.*\.controller\.ts$/.test(file)).flatMap(routesOf);
  if (rows.length === 0) problems.push('no controller has a route');
  const width = Math.max(...rows.map(([route = '']) => route.length + 2));
  const fileWidth = Math.max(...rows.map(([, file = '']) => file.length + 2));
  const line = (/** @type {string} */ route, /** @type {string} */ file) =>
    `| ${route.padEnd(width)} | ${file.padEnd(fileWidth)} |`;
  const table = [
    line('Route', 'Controller'),
    line('-'.repeat(width), '-'.repeat(fileWidth)),
    ...rows
      .sort(([a = ''], [b = '']) => order(a).localeCompare(order(b), 'en'))
      .map(([route, file]) => line(`\`${route}\``, `\`${file}\``)),
  ].join('\n');
  const wanted = architecture.replace(TABLE, (_, begin, end) => `${begin}\n${table}\n${end}`);
  if (!TABLE.test(architecture)) problems.push('ARCHITECTURE.md has no table of routes');
  else if (process.argv.includes('--write')) writeFileSync(join(ROOT, 'ARCHITECTURE.md'), wanted);
  else if (wanted !== architecture)
    problems.push(
      'ARCHITECTURE.md: the table of routes is not that of the controllers; `npm run docs -- --write` writes it',
    );
}

/** Paths first. @param {string} route */
function order(route) {
  const [method = '', path = ''] = route.split(' ');
  return `${path} ${method}`;
}

/**
 * @param {string} file
 * @returns {[string, string][]}
 */
function routesOf(file) {
  const text = read(file);
  const [, prefix] = /@Controller\('([^']*)'\)/.exec(text) ?? [];
  if (prefix === undefined) {
    problems.push(`${file}: its path is not written as a literal`);
    return [];
  }
  return [...text.matchAll(/@Endpoint\(\s*'([A-Z]+) ([^']*)'/g)].map(([, method, path = '']) => [
    `${method} /${prefix}${path === '/' ? '' : path}`.trim(),
    file,
  ]);
}
