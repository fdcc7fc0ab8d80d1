import { createHash } from 'node:crypto';

/** A text that holds something, and what it is of; of a look-alike, why it is none. */
interface Sample {
  readonly name: string;
  readonly text: string;
  /** What must not be found anywhere once it was masked. */
  readonly secret: string;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const ALNUM = LOWER + UPPER + DIGITS;
const HEX = '0123456789abcdef';
const URL64 = `${ALNUM}-_`;

/** Made at run time from a seed: no text of this file looks like a secret, and each run has the same ones. */
class Maker {
  private count = 0;

  constructor(private readonly seed: string) {}

  /** Of letters of both cases and digits where the alphabet has them: at least one of each. */
  of(alphabet: string, length: number): string {
    const needed = [LOWER, UPPER, DIGITS].filter((set) => [...set].some((character) => alphabet.includes(character)));
    for (;;) {
      const text = Array.from({ length }, () => alphabet[this.next(alphabet.length)]).join('');
      const isFull = needed.every((set) => [...text].some((character) => set.includes(character)));
      if (isFull && /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(text)) return text;
    }
  }

  digits(length: number): string {
    return Array.from({ length }, () => String(this.next(10))).join('');
  }

  private next(below: number): number {
    const bytes = createHash('sha256').update(`${this.seed} ${this.count++}`).digest();
    return bytes.readUInt32BE(0) % below;
  }
}

function withLuhn(start: string, length: number, make: Maker): string {
  const body = start + make.digits(length - start.length - 1);
  const digit = [...DIGITS].find((last) => luhnOf(body + last) % 10 === 0);
  return body + String(digit);
}

function luhnOf(digits: string): number {
  return [...digits].reverse().reduce((sum, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
}

function withCheckDigits(country: string, bban: string): string {
  const number = [...`${bban}${country}00`].map((character) => String(Number.parseInt(character, 36))).join('');
  return `${country}${String(98n - (BigInt(number) % 97n)).padStart(2, '0')}${bban}`;
}

const grouped = (text: string, size = 4): string =>
  text.replaceAll(/.{4}/g, (group) => `${group} `.slice(0, size + 1)).trim();
const json64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function pemOf(kind: string, make: Maker, lines = 12): string {
  const body = Array.from({ length: lines }, () => make.of(ALNUM, 64)).join('\n');
  return [`-----BEGIN ${kind}-----`, body, `-----END ${kind}-----`].join('\n');
}

/** 60 secrets, each in the kind of text that people paste. */
export function secretSamples(seed = 'secrets'): readonly Sample[] {
  const make = new Maker(seed);
  const samples: Sample[] = [];
  const add = (name: string, secret: string, around = (given: string) => `Use ${given} for it.`, part = secret) =>
    samples.push({ name, text: around(secret), secret: part });
  const env = (name: string) => (secret: string) => `${name}=${secret}\n`;
  add('OpenAI, older', `sk-${make.of(ALNUM, 48)}`, env('OPENAI_API_KEY'));
  add('OpenAI, of a project', `sk-proj-${make.of(URL64, 120)}`);
  add('OpenAI, of a service account', `sk-svcacct-${make.of(URL64, 100)}`);
  add('OpenAI, of an administrator', `sk-admin-${make.of(URL64, 100)}`);
  add('Anthropic', `sk-ant-api03-${make.of(URL64, 93)}AA`, env('ANTHROPIC_API_KEY'));
  add('Anthropic, of an administrator', `sk-ant-admin01-${make.of(URL64, 93)}AA`);
  add('OpenRouter', `sk-or-v1-${make.of(HEX, 64)}`);
  add('AWS access key', `AKIA${make.of(`${UPPER}234567`, 16)}`, (key) => `aws_access_key_id = ${key}`);
  add('AWS temporary key', `ASIA${make.of(`${UPPER}234567`, 16)}`);
  add('AWS secret key', make.of(`${ALNUM}/+`, 40), (key) => `aws_secret_access_key = ${key}`);
  add('GitHub, classic', `ghp_${make.of(ALNUM, 36)}`, (key) => `git clone https://${key}@github.com/a/b`);
  add('GitHub, OAuth', `gho_${make.of(ALNUM, 36)}`);
  add('GitHub, server', `ghs_${make.of(ALNUM, 36)}`);
  add('GitHub, fine-grained', `github_pat_${make.of(ALNUM, 22)}_${make.of(ALNUM, 59)}`);
  add('GitLab', `glpat-${make.of(URL64, 20)}`);
  add('GitLab, runner', `glrt-${make.of(URL64, 20)}`);
  add('Slack, bot', `xoxb-${make.digits(12)}-${make.digits(13)}-${make.of(ALNUM, 24)}`);
  add('Slack, user', `xoxp-${make.digits(12)}-${make.digits(12)}-${make.digits(13)}-${make.of(HEX, 32)}`);
  add('Slack, app', `xapp-1-A${make.of(UPPER + DIGITS, 10)}-${make.digits(13)}-${make.of(HEX, 64)}`);
  add(
    'Slack, webhook',
    `https://hooks.slack.com/services/T${make.of(UPPER + DIGITS, 10)}/B${make.of(UPPER + DIGITS, 10)}/${make.of(ALNUM, 24)}`,
  );
  add('Stripe, live', `sk_live_${make.of(ALNUM, 99)}`);
  add('Stripe, restricted', `rk_live_${make.of(ALNUM, 24)}`);
  add('Stripe, test', `sk_test_${make.of(ALNUM, 24)}`);
  add('Webhook secret', `whsec_${make.of(ALNUM, 32)}`);
  add('Google', `AIza${make.of(URL64, 35)}`);
  add('Google, OAuth client', `GOCSPX-${make.of(URL64, 28)}`);
  add('Google, OAuth token', `ya29.${make.of(URL64, 80)}`);
  add('npm', `npm_${make.of(ALNUM, 36)}`, (key) => `//registry.npmjs.org/:_authToken=${key}`);
  add('PyPI', `pypi-AgEIcHlwaS5vcmc${make.of(URL64, 120)}`, (key) => `[pypi]\nusername = __token__\npassword = ${key}`);
  add('Hugging Face', `hf_${make.of(LOWER + UPPER, 34)}`);
  add('Voyage', `pa-${make.of(URL64, 43)}`);
  add('Twilio, key', `SK${make.of(HEX, 32)}`);
  add('Twilio, token', make.of(HEX, 32), (key) => `TWILIO_AUTH_TOKEN=${key}`);
  add('SendGrid', `SG.${make.of(URL64, 22)}.${make.of(URL64, 43)}`);
  add(
    'Azure, storage',
    `${make.of(`${ALNUM}+/`, 86)}==`,
    (key) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${key};`,
  );
  add('Azure, client secret', `${make.of(ALNUM, 3)}8Q~${make.of(ALNUM, 34)}`, env('AZURE_CLIENT_SECRET'));
  add(
    'Azure, shared signature',
    make.of(ALNUM, 43),
    (sig) => `https://a.blob.core.windows.net/c?sv=2025-01-05&sig=${sig}%3D`,
  );
  add('DigitalOcean', `dop_v1_${make.of(HEX, 64)}`);
  add('Databricks', `dapi${make.of(HEX, 32)}`);
  add('Shopify', `shpat_${make.of(HEX, 32)}`);
  add('Telegram', `${make.digits(10).replace(/^0/, '1')}:AA${make.of(URL64, 33)}`);
  add('Linear', `lin_api_${make.of(ALNUM, 40)}`);
  add('Notion', `ntn_${make.of(ALNUM, 46)}`);
  add('Groq', `gsk_${make.of(ALNUM, 52)}`);
  add('Vault', `hvs.${make.of(URL64, 95)}`);
  add('Docker', `dckr_pat_${make.of(URL64, 27)}`);
  add('JWT', `${json64({ alg: 'HS256', typ: 'JWT' })}.${json64({ sub: make.of(ALNUM, 10) })}.${make.of(URL64, 43)}`);
  add(
    'bearer header',
    make.of(ALNUM, 40),
    (token) => `curl -H 'Authorization: Bearer ${token}' https://api.example.org`,
  );
  add(
    'basic header',
    Buffer.from(`app:${make.of(ALNUM, 24)}`).toString('base64'),
    (given) => `Authorization: Basic ${given}`,
  );
  add('assigned key', make.of(ALNUM, 32), (key) => `{"apiKey": "${key}"}`);
  const password = make.of(ALNUM, 18);
  add('PostgreSQL address', `postgres://app:${password}@db.internal:5432/app`, undefined, password);
  const other = make.of(ALNUM, 18);
  add('MongoDB address', `mongodb+srv://app:${other}@cluster0.example.net/app`, undefined, other);
  const third = make.of(ALNUM, 18);
  add('Redis address', `rediss://:${third}@cache.internal:6380/0`, undefined, third);
  add("Keepsake's own", `ks_${make.of(HEX, 8)}_${make.of(URL64, 43)}`);
  const pem = pemOf('RSA PRIVATE KEY', make);
  add('RSA key', pem, (key) => `The key:\n${key}\nKeep it.`, pem.split('\n')[3]);
  const ssh = pemOf('OPENSSH PRIVATE KEY', make);
  add('OpenSSH key', ssh, (key) => JSON.stringify({ key }), ssh.split('\n')[3]);
  add('Visa card', withLuhn('4', 16, make), (card) => `Card ${card}, 12/29`);
  add('Mastercard, in groups', grouped(withLuhn('55', 16, make)), (card) => `Card ${card}, 12/29`);
  add('American Express', withLuhn('37', 15, make), (card) => `Card ${card}.`);
  add('IBAN', grouped(withCheckDigits('DE', make.digits(18))), (iban) => `Please pay to ${iban} by Monday.`);
  return samples;
}

/** 60 texts that look like secrets and are none. */
export function lookAlikeSamples(seed = 'look-alikes'): readonly Sample[] {
  const make = new Maker(seed);
  const samples: Sample[] = [];
  const add = (name: string, text: string) => samples.push({ name, text, secret: text });
  const uuid = () => [8, 4, 4, 4, 12].map((length) => make.of(HEX, length)).join('-');
  const broken = (digits: string) => digits.slice(0, -1) + String((Number(digits.at(-1)) + 1) % 10);
  add('key that is too short', `sk-${make.of(ALNUM, 12)}`);
  add('package name', 'pip install sk-learn-contrib-extensions-for-everyone');
  add('hyphenated words', 'the risk-assessmentofthewholeprojectteam is done');
  add('placeholder of a key', `OPENAI_API_KEY=sk-${'x'.repeat(48)}`);
  add('placeholder in words', 'export ANTHROPIC_API_KEY=sk-ant-api03-your-key-goes-here-and-nowhere-else');
  add('placeholder in brackets', 'Authorization: Bearer <your-access-token-goes-here>');
  add('variable of a shell', 'Authorization: Bearer $KEEPSAKE_ACCESS_TOKEN_OF_PRODUCTION');
  add('variable of JavaScript', 'apiKey: process.env.OPENAI_API_KEY_OF_PRODUCTION_2026,');
  add('variable of Python', 'api_key = os.environ["OPENAI_API_KEY"]');
  add('stars', 'password: ****************');
  add('short password', 'password: hunter2');
  add('password in words', 'Your password must-have-at-least-sixteen-characters.');
  add('AWS key in lower case', `akia${make.of(LOWER, 16)}`);
  add('AWS key that is too long', `AKIA${make.of(UPPER, 24)}`);
  add('AWS account', `arn:aws:iam::${make.digits(12)}:role/deploy`);
  add('GitHub prefix in a word', 'see ghp_tokens_are_documented_here');
  add('GitHub, cut', `ghp_${make.of(ALNUM, 20)}`);
  add('GitLab words', 'glpat-is-the-prefix');
  add('Slack channel', '#xoxo-kisses-and-more');
  add('Stripe, publishable', `pk_live_${make.of(ALNUM, 24)}`);
  add('Stripe customer', `cus_${make.of(ALNUM, 14)}`);
  add('Google, cut', `AIza${make.of(ALNUM, 20)}`);
  add('npm package', 'npm_config_registry_of_the_whole_team');
  add('Hugging Face function', 'from huggingface_hub import hf_hub_download');
  add('Twilio account', `AC${make.of(HEX, 32)}`);
  add('Voyage words', 'pa-system-announcements-for-the-whole-building-today');
  add('SendGrid class', 'SG.Mail.Helpers');
  add('JWT of two parts', `${json64({ alg: 'none' })}.${json64({ sub: 'a' })}`);
  add('dotted base64', `${make.of(ALNUM, 30)}.${make.of(ALNUM, 30)}.${make.of(ALNUM, 30)}`);
  add('base64 that begins as JSON', json64({ hello: 'world', number: 12 }));
  add('image', `data:image/png;base64,iVBORw0KGgo${make.of(ALNUM, 120)}==`);
  add('UUID', `request ${uuid()} failed`);
  add('token that is a UUID', `access_token: ${uuid()}`);
  add('commit', `fixed in ${make.of(HEX, 40)}`);
  add('SHA-256', `sha256:${make.of(HEX, 64)}`);
  add('integrity', `"integrity": "sha512-${make.of(`${ALNUM}+/`, 86)}=="`);
  add('MD5', `md5 ${make.of(HEX, 32)}`);
  add('address without a password', 'postgres://app@db.internal:5432/app');
  add('address with a placeholder', 'postgres://user:password@localhost:5432/app');
  add('address with a variable', 'postgres://app:${DB_PASSWORD}@db.internal/app');
  add('port and path', 'https://example.org:8443/path@2x.png');
  add('time in an address', 'https://example.org/log?at=12:30:45@paris');
  add('SSH remote', 'git@github.com:keepsake/keepsake.git');
  add('public key', pemOf('PUBLIC KEY', make, 4));
  add('certificate', pemOf('CERTIFICATE', make, 6));
  add('SSH public key', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${make.of(ALNUM, 43)} me@host`);
  add('title of a private key', 'It begins with -----BEGIN PRIVATE KEY----- and a line of base64.');
  add('card with a wrong digit', `Card ${broken(withLuhn('4', 16, make))}.`);
  add('card of no issuer', `Order ${withLuhn('9', 16, make)}.`);
  add('card in odd groups', `Part ${withLuhn('4', 16, make).replace(/^(.{2})(.{5})(.{5})/, '$1 $2 $3 ')}.`);
  add('microseconds', 'at 1795000000123456 the clock stopped');
  add('long number', `id ${make.digits(24)}`);
  add('decimals', 'pi is 3.14159265358979323846');
  add('digits of a UUID', '41111111-1111-1111-1111-111111111111');
  add('ISBN', 'ISBN 978-3-16-148410-0');
  add(
    'IBAN with wrong digits',
    `Pay to ${withCheckDigits('DE', make.digits(18)).replace(/^DE(\d)/, (_, digit: string) => `DE${(Number(digit) + 1) % 10}`)}.`,
  );
  add('IBAN that is cut', `Pay to ${withCheckDigits('DE', make.digits(18)).slice(0, 18)}.`);
  add('part number', 'part GB29-7741-AX');
  add('e-mail where nobody asks for it', 'write to ada.lovelace@example.org');
  add('phone where nobody asks for it', 'call +49 30 901820 or (212) 555-0143');
  return samples;
}
