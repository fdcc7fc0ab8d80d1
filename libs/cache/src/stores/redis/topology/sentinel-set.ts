import type { Redis } from 'ioredis';
import type { RedisAddress, RedisTarget } from '#config';
import { StoreUnavailableError } from '../../shared-store.js';
import { NewestView, type View } from './newest-view.js';

/** The master of a Sentinel set (https://redis.io/docs/latest/develop/reference/sentinel-clients). */
export class SentinelSet extends NewestView {
  protected seeds(): readonly RedisAddress[] {
    return this.target.hosts;
  }

  protected async ask(client: Redis): Promise<View> {
    const name = this.target.masterName as string;
    const [address, fields] = await Promise.all([
      client.call('SENTINEL', 'get-master-addr-by-name', name) as Promise<[string, string] | null>,
      client.call('SENTINEL', 'MASTER', name) as Promise<string[]>,
    ]);
    if (address === null) throw new StoreUnavailableError(`the Sentinel knows no set named ${JSON.stringify(name)}`);
    const [host, port] = address;
    const node = { id: `${host}:${port}`, address: { host, port: Number(port) }, slots: undefined, hashTag: undefined };
    return { nodes: [node], configEpoch: Number(fields[fields.indexOf('config-epoch') + 1]) || 0 };
  }

  protected signIn(): Pick<RedisTarget, 'username' | 'password'> {
    return { username: undefined, password: this.target.sentinelPassword ?? this.target.password };
  }
}
