import type { HealthPart, HealthSource } from './health-registry.js';

const CHECK_TIMEOUT_MS = 2_000;

/** Asks one part now. One that fails, or does not answer in two seconds, is down. */
export async function runHealthCheck(source: HealthSource): Promise<HealthPart> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<HealthPart>((settle) => {
    timer = setTimeout(
      () => settle({ status: 'down', detail: `No answer within ${CHECK_TIMEOUT_MS} ms.` }),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([source.check(), tooLate]);
  } catch {
    return { status: 'down', detail: 'The check failed.' };
  } finally {
    clearTimeout(timer);
  }
}
