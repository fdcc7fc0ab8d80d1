import { issuesOf } from '#http';
import { createEmbeddingsBody } from './embeddings.dto.js';

describe('the body of /v1/embeddings', () => {
  it('takes null for whatever is optional, and an empty name of a model', () => {
    const body = { input: 'a', model: null, encoding_format: null, dimensions: null, input_type: null, user: null };
    expect(createEmbeddingsBody.safeParse(body).success).toBe(true);
    expect(createEmbeddingsBody.safeParse({ ...body, model: '', user: '' }).success).toBe(true);
  });

  it.each([
    [{ model: 'x'.repeat(201) }, 'must be at most 200 characters'],
    [{ encoding_format: 'hex' }, 'must be float or base64'],
    [{ dimensions: 0 }, 'must be at least 1'],
    [{ dimensions: 1_000_000_000 }, 'must be at most 4096'],
    [{ dimensions: 1.5 }, 'must be a whole number'],
  ])('says in plain words what is wrong with %o', (fields, message) => {
    const { error } = createEmbeddingsBody.safeParse({ input: 'a', ...fields });
    expect(issuesOf(error!).map(({ detail }) => detail)).toEqual([message]);
  });
});
