import { openBody, sealBody } from './sealed-body.js';

describe('sealed answers', () => {
  it('are read by the credential that earned them and by no other', () => {
    const sealed = sealBody('{"key":"ks_secret"}', 'Bearer a');
    expect(sealed).not.toContain('ks_secret');
    expect(openBody(sealed, 'Bearer a')).toBe('{"key":"ks_secret"}');
    expect(() => openBody(sealed, 'Bearer b')).toThrow();
  });

  it('differ each time and do not survive an alteration', () => {
    expect(sealBody('x', 'a')).not.toBe(sealBody('x', 'a'));
    const bytes = Buffer.from(sealBody('some text', 'a'), 'base64');
    bytes[14] = (bytes[14] ?? 0) ^ 1;
    expect(() => openBody(bytes.toString('base64'), 'a')).toThrow();
  });
});
