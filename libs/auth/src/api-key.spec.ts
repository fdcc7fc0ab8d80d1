import { createHash } from 'node:crypto';
import { newId } from '#kernel';
import { type ApiKey, generateKey, isKeyActive, prefixOf } from './api-key.js';
import { hashSecret } from './credential.js';

const now = new Date('2030-01-01T00:00:00Z');
const key = (over: Partial<ApiKey> = {}): ApiKey => ({
  workspaceId: newId(),
  id: newId(),
  name: 'key',
  prefix: 'ks_01234567',
  secretHash: hashSecret('x'),
  scopes: ['memory:read'],
  tier: null,
  createdAt: now,
  expiresAt: null,
  revokedAt: null,
  ...over,
});

describe('an API key', () => {
  it('has a prefix to know it by and a secret that no other has', () => {
    const keys = Array.from({ length: 100 }, generateKey);
    for (const made of keys) expect(made).toMatch(/^ks_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    expect(new Set(keys).size).toBe(100);
    expect(prefixOf('ks_01234567_secret')).toBe('ks_01234567');
  });

  it('is kept as the SHA-256 of the whole of it', () => {
    expect(hashSecret('ks_a_b')).toEqual(createHash('sha256').update('ks_a_b', 'utf8').digest());
  });

  it('works until it expires or is revoked', () => {
    const before = new Date(now.getTime() - 1);
    const after = new Date(now.getTime() + 1);
    expect(isKeyActive(key(), now)).toBe(true);
    expect(isKeyActive(key({ expiresAt: after }), now)).toBe(true);
    expect(isKeyActive(key({ expiresAt: now }), now)).toBe(false);
    expect(isKeyActive(key({ revokedAt: before }), now)).toBe(false);
    expect(isKeyActive(key({ revokedAt: before, expiresAt: after }), now)).toBe(false);
  });
});
