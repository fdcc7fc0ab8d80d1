/**
 * The answer of `work`, or that of `otherwise` where `work` has none after so many milliseconds. The work goes on, and its
 * result is ignored then. What has arrived while this process was busy is read first: its own delay is not the work's.
 *
 * @throws what `work` or `otherwise` throws
 */
export async function withinTime<Value>(
  ms: number,
  work: () => Promise<Value> | Value,
  otherwise: () => Value,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((settle) => {
    timer = setTimeout(() => setImmediate(settle), ms);
  });
  try {
    return await Promise.race([work(), late.then(otherwise)]);
  } finally {
    clearTimeout(timer);
  }
}
