/**
 * Waits for SIGTERM or SIGINT, then runs `stop`. A stop that takes longer than `timeoutMs`, or a second signal, ends
 * the process: everything acknowledged is in the database by then.
 */
export async function untilStopped(timeoutMs: number, stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((settle) => {
    process.once('SIGTERM', settle);
    process.once('SIGINT', settle);
  });
  const giveUp = () => process.exit(1);
  process.once('SIGTERM', giveUp);
  process.once('SIGINT', giveUp);
  setTimeout(giveUp, timeoutMs).unref();
  await stop();
}
