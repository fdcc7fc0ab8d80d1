import type { HealthPart, HealthSource } from './health-registry.js';

/** Whoever asks is to know within a second what became of a part. */
const CHECK_TIMEOUT_MS = 800;

/** Asks one part now. One that fails, or does not answer in 800 ms, is down. */
export async function runHealthCheck(source: HealthSource): Promise<HealthPart> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<HealthPart>((settle) => {
    const giveUp = () => settle({ status: 'down', detail: `No answer within ${CHECK_TIMEOUT_MS} ms.` });
    // What has arrived while this process was busy is read first: its own delay is not the part's.
    timer = setTimeout(() => setImmediate(giveUp), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([source.check(), tooLate]);
  } catch {
    return { status: 'down', detail: 'The check failed.' };
  } finally {
    clearTimeout(timer);
  }
}
