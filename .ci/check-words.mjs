// @ts-check
/**
 * Names, messages and documentation use the field's words. The words that are not used, with what is written instead, are
 * data (`plain-words.json`): identifiers by their full name (and types by their suffix), files by their name, and a few
 * words that are looked for in the strings of the product, in comments, in the titles of tests and in documentation.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const CODE = /^(?:apps|libs|test|bench|bin|\.ci)\/.*\.(?:ts|mjs)$/;
/** What users read: strings of the product, but not of its tests. */
const MESSAGES = /^(?:apps|libs|bin)\/(?!.*(?:spec\.ts$|\/testing\/)).*\.(?:ts|mjs)$/;
const DOCUMENTATION = /\.md$|\.ya?ml$|^\.env\.example$|^docker\/Dockerfile$/;

/** @type {{ identifiers: Record<string, string>, suffixes: Record<string, string>, files: Record<string, string>, words: Record<string, string>, ordinary: Record<string, string[]> }} */
const list = JSON.parse(readFileSync(join(import.meta.dirname, 'plain-words.json'), 'utf8'));
const identifiers = new Map(Object.entries(list.identifiers));
const suffixes = Object.entries(list.suffixes);
/** At the start of a sentence too; `wakeUp` is the name of a field. */
const words = new RegExp(
  `\\b(?:${Object.keys(list.words)
    .map((word) => `[${word.slice(0, 1).toUpperCase()}${word.slice(0, 1)}]${word.slice(1)}`)
    .join('|')})\\b`,
  'gu',
);

/** @type {string[]} */
const problems = [];
const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
for (const file of files) {
  checkName(file);
  if (CODE.test(file)) checkCode(file);
  else if (DOCUMENTATION.test(file)) checkText(file, read(file), 1);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${files.length} files use plain words`);

/** @param {string} file */
function checkName(file) {
  const [name = ''] = basename(file).split('.');
  for (const [word, instead] of Object.entries(list.files))
    if (CODE.test(file) && (word.endsWith('-') ? name.startsWith(word) : name === word))
      problems.push(`${file}: ${word} in the name of a file; write ${instead}`);
}

/** @param {string} file */
function checkCode(file) {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  visit(source);
  checkComments();

  function checkComments() {
    /** @type {Set<number>} */
    const seen = new Set();
    /** @param {ts.Node} node */
    function ofNode(node) {
      for (const range of ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []) note(range);
      for (const range of ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []) note(range);
      node.getChildren(source).forEach(ofNode);
    }
    /** @param {ts.CommentRange} range */
    function note({ pos, end }) {
      if (seen.has(pos)) return;
      seen.add(pos);
      checkText(file, source.text.slice(pos, end), source.getLineAndCharacterOfPosition(pos).line + 1);
    }
    ofNode(source);
  }

  /** @param {ts.Node} node */
  function visit(node) {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) checkIdentifier(node.text.replace('#', ''), node);
    if (
      (MESSAGES.test(file) || isTitle(node)) &&
      (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
    )
      checkText(file, node.text, lineOf(node));
    ts.forEachChild(node, visit);
  }

  /**
   * @param {string} name
   * @param {ts.Node} node
   */
  function checkIdentifier(name, node) {
    const suffix = suffixes.find(([end]) => name.endsWith(end) && /^[A-Z][a-z]\w*[a-z][A-Z]/.test(name));
    const instead = identifiers.get(name) ?? suffix?.[1];
    if (instead === undefined || list.ordinary[name]?.some((folder) => file.startsWith(folder))) return;
    problems.push(`${file}:${lineOf(node)}: the name ${name}; write ${instead}`);
  }

  /** @param {ts.Node} node */
  function lineOf(node) {
    return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  }
}

/**
 * Whether it is the title of a test: the first argument of `it`, `describe`, or of one of their forms.
 * @param {ts.Node} node
 */
function isTitle(node) {
  const call = node.parent;
  return (
    call !== undefined &&
    ts.isCallExpression(call) &&
    call.arguments[0] === node &&
    /^(?:it|describe)\b/.test(call.expression.getText())
  );
}

/**
 * @param {string} file
 * @param {string} text
 * @param {number} firstLine
 */
function checkText(file, text, firstLine) {
  for (const [index, line] of text.split('\n').entries())
    for (const [word] of line.matchAll(words))
      problems.push(`${file}:${firstLine + index}: the word "${word}"; write ${list.words[word.toLowerCase()]}`);
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(ROOT, file), 'utf8');
}
