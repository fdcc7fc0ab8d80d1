/** The parts of `Server-Timing`, in milliseconds. */
type ServerTiming = Readonly<Record<'total' | 'cache' | 'database' | 'provider' | 'processing', number>>;

export function timingsOf(headers: Headers): ServerTiming {
  const parts = (headers.get('server-timing') ?? '').split(', ').map((part) => {
    const [, name = '', ms] = /^([a-z]+);dur=([\d.]+)$/.exec(part) ?? [];
    return [name, Number(ms)] as const;
  });
  return Object.fromEntries(parts) as ServerTiming;
}
