const ID_BYTES = 16;

/** Ids in ascending order, sixteen bytes each. */
export class IdList {
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
