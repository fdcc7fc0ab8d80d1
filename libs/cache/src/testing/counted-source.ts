/** A source that counts its loads, and lets a test hold them back. */
export class CountedSource<Value> {
  loads = 0;
  private held: Promise<void> | undefined;
  private letGo: (() => void) | undefined;

  constructor(public value: Value) {}

  /** The loader to hand to a cache. Reads the value when it begins, as a query does. */
  readonly load = async (): Promise<Value> => {
    this.loads++;
    const { value } = this;
    await this.held;
    if (value instanceof Error) throw value;
    return value;
  };

  /** From now on loads begin but do not end, until the returned function is called. */
  hold(): () => void {
    this.held = new Promise((resolve) => {
      this.letGo = resolve;
    });
    return () => {
      this.held = undefined;
      this.letGo?.();
    };
  }
}
