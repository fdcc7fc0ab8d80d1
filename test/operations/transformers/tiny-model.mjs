// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Dimensions of its vectors. */
export const DIMENSIONS = 64;

/** Words of one line mean the same to the model: each has the line's vector. */
const MEANINGS = [
  ['money', 'payment', 'payments', 'stripe', 'invoice'],
  ['light', 'lighthouse', 'lamp'],
  ['boat', 'ship', 'harbour'],
];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const VOCABULARY = [...SPECIAL, ...MEANINGS.flat()];

/**
 * Writes a sentence-transformers model as @huggingface/transformers reads it: configuration, tokenizer, and an ONNX graph
 * that looks up each token's vector. What is no word of {@link MEANINGS} has the vector zero, so that a text's vector is
 * that of the meanings it holds.
 *
 * @param {string} folder is made
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto the numbers of the fields
 */
export function writeTinyModel(folder) {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const json = (/** @type {string} */ name, /** @type {object} */ content) =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  json('config.json', {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: DIMENSIONS,
    vocab_size: VOCABULARY.length,
  });
  json('tokenizer_config.json', {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 512,
    do_lower_case: true,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
  });
  json('tokenizer.json', tokenizer());
  writeFileSync(join(folder, 'onnx/model.onnx'), graph());
}

function tokenizer() {
  const id = (/** @type {string} */ word) => VOCABULARY.indexOf(word);
  const special = (/** @type {string} */ word) => ({ SpecialToken: { id: word, type_id: 0 } });
  const sequence = { Sequence: { id: 'A', type_id: 0 } };
  return {
    version: '1.0',
    added_tokens: SPECIAL.map((content) => ({
      id: id(content),
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), sequence, special('[SEP]')],
      pair: [special('[CLS]'), sequence, special('[SEP]')],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((word) => [word, { id: word, ids: [id(word)], tokens: [word] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(VOCABULARY.map((word, index) => [word, index])),
    },
  };
}

/** A ModelProto: `last_hidden_state = Gather(vectors, input_ids)`. */
function graph() {
  const vectors = new Float32Array(VOCABULARY.length * DIMENSIONS);
  for (const [meaning, words] of MEANINGS.entries())
    for (const word of words) vectors[VOCABULARY.indexOf(word) * DIMENSIONS + meaning] = 1;
  const FLOAT = 1;
  const INT64 = 7;
  const node = [...text(1, 'vectors'), ...text(1, 'input_ids'), ...text(2, 'last_hidden_state'), ...text(4, 'Gather')];
  const initializer = [
    ...[VOCABULARY.length, DIMENSIONS].flatMap((size) => number(1, size)),
    ...number(2, FLOAT),
    ...text(8, 'vectors'),
    ...bytes(9, Buffer.from(vectors.buffer)),
  ];
  const content = [
    ...bytes(1, node),
    ...text(2, 'tiny'),
    ...bytes(5, initializer),
    ...bytes(11, value('input_ids', INT64, ['batch', 'tokens'])),
    ...bytes(12, value('last_hidden_state', FLOAT, ['batch', 'tokens', DIMENSIONS])),
  ];
  const version = [...text(1, ''), ...number(2, 13)];
  return Buffer.from([...number(1, 8), ...bytes(7, content), ...bytes(8, version)]);
}

/**
 * A ValueInfoProto.
 *
 * @param {string} name
 * @param {number} type of its elements
 * @param {readonly (string | number)[]} shape
 */
function value(name, type, shape) {
  const dimensions = shape.map((size) => (typeof size === 'number' ? number(1, size) : text(2, size)));
  const tensor = [
    ...number(1, type),
    ...bytes(
      2,
      dimensions.flatMap((dimension) => bytes(1, dimension)),
    ),
  ];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

/** A varint of protobuf. @param {number} n @returns {number[]} */
function varint(n) {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...varint(Math.floor(n / 0x80))];
}

/** @param {number} field @param {number} n */
function number(field, n) {
  return [...varint(field << 3), ...varint(n)];
}

/** @param {number} field @param {Iterable<number>} content */
function bytes(field, content) {
  const all = [...content];
  return [...varint((field << 3) | 2), ...varint(all.length), ...all];
}

/** @param {number} field @param {string} content */
function text(field, content) {
  return bytes(field, Buffer.from(content));
}
