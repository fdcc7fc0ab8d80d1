// @ts-check
/**
 * What is exported has a user outside its file, and every file has one: a name that no other file imports loses its `export`,
 * or goes. A name in the `index.ts` of a lib counts only with an import outside of the lib, or in an example of the
 * documentation. What scripts load by the path of its compiled file has its source. Own, because the subpath imports
 * of package.json (`#cache` is `libs/cache/src/index.ts` here and `dist/…` when run) are beyond knip 6, which follows them to `dist`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const CODE = /\.(?:ts|mjs)$/;
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const texts = new Map(
  listed
    .trim()
    .split('\n')
    .filter((file) => /\.(?:ts|mjs|json|ya?ml|conf|md)$|^\.ci\/run$/.test(file) && existsSync(join(ROOT, file)))
    .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);

/**
 * @typedef {object} Module
 * @property {Map<string, number>} own names that it declares and exports, with the line
 * @property {Map<string, { from: string, name: string, line: number }>} passed names that it exports of other files
 * @property {string[]} stars files of which it exports everything
 * @property {{ from: string, name: string }[]} imported `*` for all names
 */
const EVERYTHING = '*';
const modules = new Map([...texts].filter(([file]) => CODE.test(file)).map(([file, text]) => [file, read(file, text)]));
/** @type {Set<string>} `file name` */
const used = new Set();
for (const { imported } of modules.values()) for (const { from, name } of imported) use(from, name);
for (const [file, text] of texts)
  if (file.endsWith('.md'))
    for (const [example] of text.matchAll(/^import \{[^}]+\} from '#[^']+';$/gm))
      for (const { from, name } of read(file, example).imported) use(from, name);

/** Words of the files that import what they work out: any of them may be what they take. */
const wordsOfLoaders = new Set(
  [...texts]
    .filter(
      ([file, text]) => file.endsWith('.mjs') && /\bimport\(\s*(?!')/.test(text) && file !== '.ci/check-exports.mjs',
    )
    .flatMap(([, text]) => text.match(/[A-Za-z_$][\w$]*/g) ?? []),
);

/** @type {string[]} */
const problems = [];
for (const [file, { own, passed }] of modules) {
  for (const [name, line] of own)
    if (!used.has(`${file} ${name}`) && !wordsOfLoaders.has(name) && !isForATool(file, name))
      problems.push(`${file}:${line}: ${name} is exported, and no other file imports it`);
  for (const [name, { line }] of passed)
    if (!used.has(`${file} ${name}`) && !wordsOfLoaders.has(name))
      problems.push(`${file}:${line}: ${name} is passed on, and no file outside imports it`);
  if (!isStart(file)) problems.push(`${file}: no file imports it`);
}
for (const [file, text] of texts) if (file.endsWith('.mjs')) checkBuiltFiles(file, text);
if (process.argv.includes('--json')) console.log(JSON.stringify(problems));
else for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${modules.size} files export what others import`);

/**
 * Scripts load what is compiled by its path, where no type check reads along: each such path has its source.
 *
 * @param {string} file
 * @param {string} text
 */
function checkBuiltFiles(file, text) {
  for (const [, folder = 'libs/', path] of text.matchAll(
    /'(?:[./]*dist\/)?(apps\/|libs\/)?([\w-]+\/src\/[\w./-]+)\.js'/g,
  ))
    if (!texts.has(`${folder}${path}.ts`)) problems.push(`${file}: there is no ${folder}${path}.ts`);
}

/**
 * @param {string} file
 * @param {string} name
 */
function use(file, name) {
  const found = modules.get(file);
  if (found === undefined || used.has(`${file} ${name}`)) return;
  used.add(`${file} ${name}`);
  if (name === EVERYTHING) for (const each of [...found.own.keys(), ...found.passed.keys()]) use(file, each);
  const passed = found.passed.get(name);
  if (passed !== undefined) use(passed.from, passed.name);
  if (!found.own.has(name) && passed === undefined) for (const star of found.stars) use(star, name);
}

/**
 * Names that tools read: the default export of a configuration, and the class of a migration or test reporter.
 *
 * @param {string} file
 * @param {string} name
 */
function isForATool(file, name) {
  return name === 'default' && (/^[^/]+\.mjs$/.test(file) || file.startsWith('test/setup/'));
}

/**
 * A file that is imported, or whose name a script, a configuration or another file's string has.
 *
 * @param {string} file
 */
function isStart(file) {
  if (/spec\.ts$|^[^/]+\.mjs$|\.d\.ts$/.test(file)) return true;
  for (const [other, { imported, stars, passed }] of modules)
    if (
      other !== file &&
      (imported.some(({ from }) => from === file) ||
        stars.includes(file) ||
        [...passed.values()].some(({ from }) => from === file))
    )
      return true;
  const name = basename(file).replace(/\.ts$/, '.');
  return [...texts].some(([other, text]) => other !== file && text.includes(name));
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {Module}
 */
function read(file, text) {
  const source = ts.createSourceFile(file.replace(/\.md$/, '.ts'), text, ts.ScriptTarget.Latest, true);
  /** @type {Module} */
  const found = { own: new Map(), passed: new Map(), stars: [], imported: [] };
  const lineOf = (/** @type {ts.Node} */ node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  /** @type {Map<string, { from: string, name: string }>} */
  const imports = new Map();
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const from = resolve(file, statement.moduleSpecifier);
      const clause = statement.importClause;
      if (from === undefined) continue;
      if (clause === undefined) found.imported.push({ from, name: '' });
      if (clause?.name !== undefined) found.imported.push({ from, name: 'default' });
      if (clause?.namedBindings !== undefined && ts.isNamespaceImport(clause.namedBindings))
        found.imported.push({ from, name: EVERYTHING });
      else
        for (const element of clause?.namedBindings?.elements ?? []) {
          const name = (element.propertyName ?? element.name).text;
          imports.set(element.name.text, { from, name });
          found.imported.push({ from, name });
        }
    } else if (ts.isExportDeclaration(statement)) readExport(statement);
    else if (ts.isExportAssignment(statement)) found.own.set('default', lineOf(statement));
    else if (ts.canHaveModifiers(statement)) {
      const words = ts.getModifiers(statement)?.map(({ kind }) => kind) ?? [];
      if (!words.includes(ts.SyntaxKind.ExportKeyword)) continue;
      const isDefault = words.includes(ts.SyntaxKind.DefaultKeyword);
      for (const name of isDefault ? ['default'] : namesOf(statement)) found.own.set(name, lineOf(statement));
    }
  }
  visit(source);
  return found;

  /** @param {ts.ExportDeclaration} statement */
  function readExport(statement) {
    const from = statement.moduleSpecifier && resolve(file, statement.moduleSpecifier);
    if (statement.exportClause === undefined) {
      if (from !== undefined) found.stars.push(from);
      return;
    }
    if (ts.isNamespaceExport(statement.exportClause)) {
      if (from !== undefined)
        found.passed.set(statement.exportClause.name.text, { from, name: EVERYTHING, line: lineOf(statement) });
      return;
    }
    for (const element of statement.exportClause.elements) {
      const inner = (element.propertyName ?? element.name).text;
      const line = lineOf(element);
      const origin = from === undefined ? imports.get(inner) : { from, name: inner };
      if (origin === undefined) found.own.set(element.name.text, line);
      else found.passed.set(element.name.text, { ...origin, line });
    }
  }

  /** Imports at run time, and of types in place. @param {ts.Node} node */
  function visit(node) {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const from = node.arguments[0] && resolve(file, node.arguments[0]);
      if (from !== undefined) for (const name of takenOf(node)) found.imported.push({ from, name });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const from = resolve(file, node.argument.literal);
      const name = node.qualifier && ts.isIdentifier(node.qualifier) ? node.qualifier.text : EVERYTHING;
      if (from !== undefined) found.imported.push({ from, name });
    }
    // `@import` and `import('…')` in the comments of JavaScript
    if ('jsDoc' in node && Array.isArray(node.jsDoc)) for (const comment of node.jsDoc) visitComment(comment);
    ts.forEachChild(node, visit);
  }

  /** @param {ts.Node} node */
  function visitComment(node) {
    if (ts.isImportTypeNode(node)) visit(node);
    else if (ts.isJSDocImportTag(node)) {
      const from = resolve(file, node.moduleSpecifier);
      const bindings = node.importClause?.namedBindings;
      if (from !== undefined)
        for (const name of bindings && ts.isNamedImports(bindings)
          ? bindings.elements.map((element) => (element.propertyName ?? element.name).text)
          : [EVERYTHING])
          found.imported.push({ from, name });
    }
    ts.forEachChild(node, visitComment);
  }
}

/**
 * The names that are taken of `await import(…)`: those of a pattern, or all.
 *
 * @param {ts.Node} call
 * @returns {string[]}
 */
function takenOf(call) {
  const { parent } = call;
  const declaration = ts.isAwaitExpression(parent) ? parent.parent : parent;
  if (!ts.isVariableDeclaration(declaration) || !ts.isObjectBindingPattern(declaration.name)) return [EVERYTHING];
  return declaration.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());
}

/**
 * @param {ts.Statement} statement
 * @returns {string[]}
 */
function namesOf(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name)
        ? [name.text]
        : name.elements.flatMap((element) =>
            ts.isBindingElement(element) && ts.isIdentifier(element.name) ? [element.name.text] : [],
          ),
    );
  const { name } = /** @type {ts.DeclarationStatement} */ (statement);
  return name === undefined ? [] : [name.text];
}

/**
 * The file of this repository that a module specifier names.
 *
 * @param {string} file
 * @param {ts.Node} specifier
 */
function resolve(file, specifier) {
  if (!ts.isStringLiteralLike(specifier)) return undefined;
  const { text } = specifier;
  const own = /^#test\/(.+)$/.exec(text);
  const testing = /^#([\w-]+)\/testing$/.exec(text);
  const lib = /^#([\w-]+)$/.exec(text);
  let path;
  if (own) path = `test/${own[1]}`;
  else if (testing) path = `libs/${testing[1]}/src/testing/index.ts`;
  else if (lib) path = `libs/${lib[1]}/src/index.ts`;
  else if (text.startsWith('.')) path = normalize(join(dirname(file), text));
  else return undefined;
  path = path.replace(/^dist\/(?=apps|libs)/, '');
  return [path, path.replace(/\.js$/, '.ts')].find((each) => texts.has(each));
}
