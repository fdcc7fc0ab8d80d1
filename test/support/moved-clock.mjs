// @ts-check
/*
 * Loaded into a server before anything else (`node --import`): its machine's clock is TEST_CLOCK_OFFSET_MS away from the
 * true one from the start, and SIGUSR2 moves it by TEST_CLOCK_STEP_MS. The monotonic clock goes on, as it does.
 */
let offsetMs = Number(process.env['TEST_CLOCK_OFFSET_MS'] ?? 0);
process.on('SIGUSR2', () => {
  offsetMs += Number(process.env['TEST_CLOCK_STEP_MS'] ?? 0);
});

const TrueDate = Date;
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [TrueDate.now() + offsetMs] : given, newTarget),
  apply: () => new TrueDate(TrueDate.now() + offsetMs).toString(),
  get: (target, name) => (name === 'now' ? () => TrueDate.now() + offsetMs : Reflect.get(target, name)),
});
