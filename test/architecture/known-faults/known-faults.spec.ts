import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOfOperation } from './operation.js';
import { faultsOfRequestsAndData } from './requests-and-data.js';
import { faultsOfSearchAndClients } from './search-and-clients.js';

const ROOT = join(import.meta.dirname, '../../..');
const all = { ...faultsOfRequestsAndData, ...faultsOfSearchAndClients, ...faultsOfOperation };

describe.each(Object.entries(all))('faults of the kind %s', (_, faults) => {
  it.each(faults.map(({ fault, provedBy }) => [fault, provedBy] as const))(
    '%s: is held by a test',
    (_fault, provedBy) => {
      expect(provedBy).not.toEqual([]);
      expect(provedBy.filter(([file, text]) => !readFileSync(join(ROOT, file), 'utf8').includes(text))).toEqual([]);
    },
  );
});
