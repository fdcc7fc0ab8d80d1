import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { generateSecret, signedHeaders } from './signature.js';

describe('the signature of a delivery', () => {
  const body = JSON.stringify({ type: 'context.stored', data: { id: 'x', text: 'Überall ☂' } });

  it('is verified by the package standardwebhooks, with every secret that is valid', () => {
    const [old, current, other] = [generateSecret(), generateSecret(), generateSecret()];
    const headers = signedHeaders([current, old], 'an-id', new Date(), body);
    for (const secret of [current, old]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(other).verify(body, headers)).toThrow(WebhookVerificationError);
    expect(() => new Webhook(current).verify(`${body} `, headers)).toThrow(WebhookVerificationError);
    expect(() => new Webhook(current).verify(body, { ...headers, 'webhook-id': 'another' })).toThrow(
      WebhookVerificationError,
    );
  });

  it('is the one of the specification', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const at = new Date(1_614_265_330_000);
    const headers = signedHeaders([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, '{"test": 2432232314}');
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('has secrets of 32 bytes, each another', () => {
    const secrets = Array.from({ length: 50 }, generateSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  });
});
