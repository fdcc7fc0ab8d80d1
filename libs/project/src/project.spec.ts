import { projectSlug } from './project.js';

describe('projectSlug', () => {
  it.each(['a', '0', 'a-b', 'a.b_c-d', 'x'.repeat(100)])('takes %j', (slug) => {
    expect(projectSlug.parse(slug)).toBe(slug);
  });

  it.each(['', 'A', 'a b', '-a', 'a-', '.', '..', 'a/b', 'a:b', 'é', 'a\n', 'x'.repeat(101), 1, null])(
    'refuses %j',
    (slug) => {
      expect(projectSlug.safeParse(slug).success).toBe(false);
    },
  );
});
