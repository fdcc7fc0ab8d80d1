import { type MessagePart, MOST_PARTS } from '#conversation';
import { escapePointer } from '#http';
import { WrittenNumber } from './json-values.js';
import { transcriptInvalid } from './transcript.errors.js';
import { type Fields, isObject, objectAt, textAt, type TranscriptNotes } from './transcript.js';

/** Kinds that are kept as given: what a model thought, and Keepsake's own. */
const KEPT_AS_GIVEN: ReadonlySet<string> = new Set(['thinking', 'redacted_thinking', 'tool_call', 'file']);

/**
 * The content of a message of OpenAI, Anthropic or what is built on them, in Keepsake's parts: texts, tool calls and their
 * results, images and files by what they are. Parts of other kinds are kept as given, and noted.
 * @throws DomainError `transcript-invalid`
 */
export function toParts(content: unknown, pointer: string, notes: TranscriptNotes): MessagePart[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [toText(content)];
  if (!Array.isArray(content)) throw transcriptInvalid(pointer, 'must be a text or a list of parts');
  // One more than a message may have is enough to leave it out.
  return content.slice(0, MOST_PARTS + 1).flatMap((part: unknown, place) => {
    const at = `${pointer}/${place}`;
    if (part === null) return [];
    return typeof part === 'string' ? toText(part) : toPart(objectAt(part, at), at, notes);
  });
}

export function toText(text: string): MessagePart {
  return { type: 'text', text };
}

function toPart(part: Fields, pointer: string, notes: TranscriptNotes): MessagePart {
  const type = textAt(part, 'type', pointer);
  if (type === undefined || type === '' || type.length > 100)
    throw transcriptInvalid(`${pointer}/type`, 'must be a text of 1 to 100 characters');
  if (type === 'text' || type === 'input_text' || type === 'output_text') return toTextPart(part, pointer);
  if (type.endsWith('tool_use')) return toCall(part['id'], part['name'], part['input']);
  if (type.endsWith('tool_result')) return toResult(part, pointer, notes);
  if (type === 'refusal') return { ...toText(textAt(part, 'refusal', pointer) ?? ''), refusal: true };
  if (type === 'image' || type === 'document')
    return toMedia(type === 'image' ? 'image' : 'file', part, pointer, notes);
  if (type === 'image_url') return toImageUrl(part['image_url'], pointer, notes);
  if (type === 'input_image')
    return typeof part['image_url'] === 'string'
      ? toImageUrl(part['image_url'], pointer, notes)
      : { type: 'image', ...known({ fileId: part['file_id'] }) };
  if (type === 'input_file') return { ...toFile(part, pointer, notes), ...known({ url: part['file_url'] }) };
  if (type === 'input_audio') return toAudio(part['input_audio'], pointer, notes);
  if (type === 'file' && isObject(part['file'])) return toFile(part['file'], `${pointer}/file`, notes);
  if (!KEPT_AS_GIVEN.has(type)) notes.add('unknown-part', pointer, type);
  return { ...part, type };
}

function toTextPart(part: Fields, pointer: string): MessagePart {
  const { text: given, citations } = part;
  const text = given === null ? '' : given;
  if (typeof text !== 'string') throw transcriptInvalid(`${pointer}/text`, 'must be a text');
  return Array.isArray(citations) && citations.length > 0 ? { ...toText(text), citations } : toText(text);
}

export function toCall(id: unknown, name: unknown, given: unknown): MessagePart {
  return { type: 'tool_call', ...known({ id, name, arguments: given }) };
}

function toResult(part: Fields, pointer: string, notes: TranscriptNotes): MessagePart {
  const { content } = part;
  const shown = Array.isArray(content) ? toParts(content, `${pointer}/content`, notes) : content;
  const isError = part['is_error'] === true ? true : undefined;
  const callId = part['tool_use_id'] ?? part['callId'];
  return { type: 'tool_result', ...known({ callId, name: part['name'], content: shown, isError }) };
}

/** An image or a document of Anthropic: its bytes, its address, an id, or a text. */
function toMedia(type: string, part: Fields, pointer: string, notes: TranscriptNotes): MessagePart {
  const { source, title, url } = part;
  const named = known({ name: title, url });
  if (!isObject(source)) return { type, ...named };
  const { type: kind, data, media_type: mediaType, url: address, file_id: fileId } = source;
  if (kind === 'text' && typeof data === 'string') return { type, ...named, ...known({ mediaType }), text: data };
  if (kind === 'content')
    return { type, ...named, content: toParts(source['content'], `${pointer}/source/content`, notes) };
  return {
    type,
    ...named,
    ...known({ mediaType, url: address, fileId }),
    ...withoutData(data, `${pointer}/source/data`, notes),
  };
}

function toImageUrl(given: unknown, pointer: string, notes: TranscriptNotes): MessagePart {
  const url = isObject(given) ? given['url'] : given;
  if (typeof url !== 'string') throw transcriptInvalid(`${pointer}/image_url`, 'must have an address');
  if (!url.startsWith('data:')) return { type: 'image', url };
  const mediaType = url.slice(5, 105).split(/[;,]/, 1)[0];
  return { type: 'image', ...known({ mediaType }), ...withoutData(url, `${pointer}/image_url`, notes) };
}

function toAudio(given: unknown, pointer: string, notes: TranscriptNotes): MessagePart {
  const audio = isObject(given) ? given : {};
  return {
    type: 'audio',
    ...known({ format: audio['format'] }),
    ...withoutData(audio['data'], `${pointer}/input_audio`, notes),
  };
}

function toFile(file: Fields, pointer: string, notes: TranscriptNotes): MessagePart {
  const { filename: name, file_id: fileId, file_data: data } = file;
  return { type: 'file', ...known({ name, fileId }), ...withoutData(data, `${pointer}/file_data`, notes) };
}

function withoutData(data: unknown, pointer: string, notes: TranscriptNotes): { readonly leftOutBytes?: number } {
  if (typeof data !== 'string' || data === '') return {};
  notes.add('data-left-out', pointer);
  return { leftOutBytes: Buffer.byteLength(data) };
}

/** Those that are there. */
export function known(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/**
 * A value as it can be stored: NUL and lone surrogates are replaced, numbers that would lose digits are texts of them, and
 * what is named `__proto__` is left out. Values of a transcript are nested no deeper than JSON may be.
 */
export function storable<Value>(value: Value, pointer: string, notes: TranscriptNotes): Value {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return value;
    notes.add('characters-replaced', pointer);
    return value.toWellFormed().replaceAll('\0', '\uFFFD') as Value;
  }
  if (value instanceof WrittenNumber) {
    notes.add('number-as-text', pointer);
    return value.literal as Value;
  }
  if (Array.isArray(value)) return value.map((item, place) => storable(item, `${pointer}/${place}`, notes)) as Value;
  if (!isObject(value)) return value;
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const at = `${pointer}/${escapePointer(name)}`;
    if (name === '__proto__') notes.add('characters-replaced', at);
    else kept.push([storable(name, at, notes), storable(item, at, notes)]);
  }
  return Object.fromEntries(kept) as Value;
}
