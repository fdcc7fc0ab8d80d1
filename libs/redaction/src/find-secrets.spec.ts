import { lookAlikeSamples, secretSamples } from '#test/support/secrets.js';
import { findSecrets, maskSecrets } from './find-secrets.js';

const DEFAULT = { apiKeys: true, privateKeys: true, cards: true, ibans: true, emails: false, phones: false };
const ALL = { ...DEFAULT, emails: true, phones: true };
const NONE = { apiKeys: false, privateKeys: false, cards: false, ibans: false, emails: false, phones: false };

const kindsOf = (text: string, detectors = ALL) => findSecrets(text, detectors).map(({ kind }) => kind);

describe('secrets in texts', () => {
  it('has 60 of either', () => {
    expect([secretSamples().length, lookAlikeSamples().length]).toEqual([60, 60]);
  });

  it.each(['one', 'two', 'three', 'four'])('finds each, once, and masks all of it (seed %s)', (seed) => {
    for (const { name, text, secret } of secretSamples(seed)) {
      const found = findSecrets(text, DEFAULT);
      expect([name, found.length]).toEqual([name, 1]);
      const masked = maskSecrets(text, found);
      expect([name, masked.includes(secret)]).toEqual([name, false]);
      expect([name, kindsOf(masked, DEFAULT)]).toEqual([name, []]);
    }
  });

  it.each(['one', 'two', 'three', 'four'])('takes no look-alike for one (seed %s)', (seed) => {
    const taken = lookAlikeSamples(seed).flatMap(({ name, text }) =>
      findSecrets(text, DEFAULT).map(({ kind, start, end }) => `${name}: ${kind} ${text.slice(start, end)}`),
    );
    expect(taken).toEqual([]);
  });

  it('looks for nothing that is not asked for', () => {
    for (const { text } of secretSamples()) expect(kindsOf(text, NONE)).toEqual([]);
    expect(kindsOf('Write to ada@example.org or call +49 30 901820.', DEFAULT)).toEqual([]);
    expect(kindsOf('Write to ada@example.org or call +49 30 901820.')).toEqual(['email', 'phone']);
  });

  it.each([
    ['ada.lovelace+notes@mail.example.co.uk', 'email'],
    ['grüße@münchen.example', 'email'],
    ['+1 (212) 555-0143', 'phone'],
    ['+491701234567', 'phone'],
    ['0049 30 901820', 'phone'],
    ['(212) 555-0143', 'phone'],
    ['212-555-0143', 'phone'],
  ])('knows %s', (text, kind) => {
    expect(findSecrets(`Ask ${text}, please.`, ALL)).toEqual([{ kind, start: 4, end: 4 + text.length }]);
  });

  it.each([
    '1.2.3.4',
    '2026-11-30',
    '12:30',
    '+5 and -3',
    '10-20-3000',
    'user@localhost',
    'v1.212.555.0143',
    'git@github.com:a/b',
  ])('takes %s for neither an e-mail address nor a phone number', (text) =>
    expect(kindsOf(`See ${text}, please.`)).toEqual([]),
  );

  it('says where each of several stands, in UTF-16 units, and masks them in their places', () => {
    const [one, two] = secretSamples()
      .slice(0, 2)
      .map(({ secret }) => secret) as [string, string];
    const text = `😀 ${one} and ${two}`;
    const found = findSecrets(text, DEFAULT);
    expect(found.map(({ start }) => start)).toEqual([3, 3 + one.length + 5]);
    expect(maskSecrets(text, found)).toBe('😀 [redacted:openai-key] and [redacted:openai-key]');
  });

  it('masks a private key whose end is cut off, and what follows it stays', () => {
    const pem = secretSamples().find(({ name }) => name === 'RSA key')?.text ?? '';
    const cut = `${pem.slice(pem.indexOf('-----'), pem.indexOf('-----END'))}That was it.`;
    expect(maskSecrets(cut, findSecrets(cut, DEFAULT))).toBe('[redacted:private-key]That was it.');
  });
});
