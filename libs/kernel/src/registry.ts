/**
 * Where providers add themselves to what another part of the product does: each calls `register(this)` in its
 * constructor, so all of them are there when the application has started. They are asked in the order of registration.
 */
export abstract class Registry<Entry extends object> {
  private readonly entries: Entry[] = [];

  register(entry: Entry): void {
    this.entries.push(entry);
  }

  get registered(): readonly Entry[] {
    return this.entries;
  }
}
