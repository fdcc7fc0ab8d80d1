import { lineRefused } from '../transfer.errors.js';
import type { ContextLine, MessageLine, PartLine } from './file-lines.js';

const ID_BYTES = 16;

/** Ids in ascending order, sixteen bytes each. */
class IdList {
  private bytes = Buffer.alloc(64 * ID_BYTES);
  private length = 0;
  private last = '';

  /** False for one that does not follow the last one. */
  append(id: string): boolean {
    if (id <= this.last) return false;
    this.last = id;
    if ((this.length + 1) * ID_BYTES > this.bytes.length)
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    this.bytes.set(toBytes(id), this.length * ID_BYTES);
    this.length++;
    return true;
  }

  has(id: string): boolean {
    const wanted = toBytes(id);
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = wanted.compare(this.bytes, middle * ID_BYTES, (middle + 1) * ID_BYTES);
      if (order === 0) return true;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return false;
  }
}

function toBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/**
 * What lines say of other lines: sessions and entries that they name are in the file, nothing is there twice, and every
 * kind is in its order. Nothing in a file can so mean something that is not in it.
 */
export class References {
  private readonly sessions = new IdList();
  private readonly entries = new IdList();
  private readonly handovers = new IdList();
  private readonly agentStates = new IdList();
  private readonly agents = new Set<string>();
  private readonly checkpoints = new IdList();
  private readonly parents: { readonly line: number; readonly id: string }[] = [];
  private readonly handedOver = new Set<string>();
  private readonly resolvers: { readonly line: number; readonly by: string }[] = [];
  private readonly conversations = new IdList();
  private readonly externalIds = new Set<string>();
  private readonly clientIds = new Set<string>();
  /** Of what supersedes others, by its id. */
  private readonly successions = new Map<string, { readonly line: number; readonly older: readonly string[] }>();
  private context: ContextLine | undefined;
  private message: MessageLine | undefined;

  /** @throws DomainError `import-line-invalid` */
  note(line: PartLine, number: number): void {
    switch (line.type) {
      case 'session':
        requireInOrder(this.sessions.append(line.id), number);
        return;
      case 'entry':
        requireInOrder(this.entries.append(line.id), number);
        this.requireSession(line.sessionId, '/sessionId', number);
        if (line.resolvedBy !== null) this.resolvers.push({ line: number, by: line.resolvedBy });
        return;
      case 'context':
        if (this.context !== undefined && !follows(line, this.context))
          throw lineRefused(
            number,
            '/label',
            'must come in the order of labels (by their UTF-8 bytes) and versions, once each',
          );
        this.context = line;
        if (line.supersedes.length > 0)
          this.successions.set(line.id, { line: number, older: line.supersedes.map(({ id }) => id) });
        this.requireSession(line.sessionId, '/sessionId', number);
        return;
      case 'handover':
        requireInOrder(this.handovers.append(line.id), number);
        this.requireSession(line.sessionId, '/sessionId', number);
        this.requireSession(line.acknowledgedSessionId, '/acknowledgedSessionId', number);
        if (line.reason === 'manual' || line.sessionId === null) return;
        if (this.handedOver.has(line.sessionId))
          throw lineRefused(number, '/sessionId', 'names a session that has left another handover');
        this.handedOver.add(line.sessionId);
        return;
      case 'agentState':
        requireInOrder(this.agentStates.append(line.id), number);
        if (this.agents.has(line.agent)) throw lineRefused(number, '/agent', 'names an agent that has another state');
        this.agents.add(line.agent);
        return;
      case 'checkpoint':
        requireInOrder(this.checkpoints.append(line.id), number);
        if (line.parentId !== null) this.parents.push({ line: number, id: line.parentId });
        return;
      case 'conversation':
        requireInOrder(this.conversations.append(line.id), number);
        this.requireSession(line.sessionId, '/sessionId', number);
        requireNew(this.externalIds, line.externalId, '/externalId', number);
        return;
      case 'message':
        this.noteMessage(line, number);
    }
  }

  /** Call it when all lines are noted: what settles an entry is written after it, and the parent of a checkpoint may be. */
  requireLaterLines(): void {
    for (const { line, by } of this.resolvers)
      if (!this.entries.has(by)) throw lineRefused(line, '/resolvedBy', 'names no entry of the file');
    for (const { line, id } of this.parents)
      if (!this.checkpoints.has(id)) throw lineRefused(line, '/parentId', 'names no checkpoint of the file');
    this.requireNoCircle();
  }

  /** Nothing takes the place of what takes its own place, by however many steps. */
  private requireNoCircle(): void {
    const done = new Set<string>();
    for (const start of this.successions.keys()) {
      const path = [{ id: start, next: 0 }];
      const onPath = new Set([start]);
      for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
        const succession = this.successions.get(step.id);
        const older = done.has(step.id) ? undefined : succession?.older[step.next++];
        if (older === undefined) {
          done.add(step.id);
          onPath.delete(step.id);
          path.pop();
        } else if (onPath.has(older)) {
          throw lineRefused(succession?.line ?? 0, '/supersedes', 'goes round in a circle');
        } else {
          onPath.add(older);
          path.push({ id: older, next: 0 });
        }
      }
    }
  }

  private noteMessage(line: MessageLine, number: number): void {
    const before = this.message;
    this.message = line;
    const isNext = before?.conversationId !== line.conversationId;
    if (before !== undefined && (isNext ? line.conversationId < before.conversationId : line.seq <= before.seq))
      throw lineRefused(
        number,
        '/seq',
        'must come in the order of conversations (by their ids) and numbers, once each',
      );
    if (isNext) {
      if (!this.conversations.has(line.conversationId))
        throw lineRefused(number, '/conversationId', 'names no conversation of the file');
      this.clientIds.clear();
    }
    requireNew(this.clientIds, line.clientId, '/clientId', number);
  }

  private requireSession(id: string | null, pointer: string, number: number): void {
    if (id !== null && !this.sessions.has(id)) throw lineRefused(number, pointer, 'names no session of the file');
  }
}

function requireInOrder(isInOrder: boolean, number: number): void {
  if (!isInOrder) throw lineRefused(number, '/id', 'must come in the order of ids, once each');
}

function requireNew(names: Set<string>, name: string | null, pointer: string, number: number): void {
  if (name === null) return;
  if (names.has(name)) throw lineRefused(number, pointer, 'is that of a line before');
  names.add(name);
}

function follows(line: ContextLine, before: ContextLine): boolean {
  if (line.label === before.label) return line.version > before.version;
  return Buffer.compare(Buffer.from(line.label), Buffer.from(before.label)) > 0;
}
