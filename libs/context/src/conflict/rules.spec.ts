import { claimsOf, conflictOf } from './rules.js';

const between = (older: string, newer: string) => conflictOf(claimsOf(older), claimsOf(newer));

const EXPLICIT: readonly [rule: string, older: string, newer: string][] = [
  [
    'change-from',
    'The invoice parser reads scans with Tesseract.',
    'We moved the invoice parser from Tesseract to PaddleOCR.',
  ],
  [
    'change-from',
    'The warehouse app runs Java 17.',
    'The warehouse app was upgraded from Java 17 to Java 21 on Sunday.',
  ],
  ['change-from', 'The support desk sits on floor 2.', 'The support desk has moved from floor 2 to floor 4.'],
  ['change-from', 'We use Trello for the roadmap.', 'We switched from Trello to Notion for the roadmap.'],
  ['change-from', 'The launch is on 4 June.', 'The launch was postponed from 4 June to 18 June.'],
  ['change-from', 'We moved the blog from Ghost to Hugo.', 'We migrated the blog from Hugo to Astro.'],
  ['instead-of', 'Form validation is done with Yup.', 'Use Valibot instead of Yup for form validation.'],
  ['instead-of', 'Thumbnails are stored in Swift.', 'Thumbnails are stored in MinIO instead of Swift.'],
  [
    'instead-of',
    'The crawler uses Puppeteer for screenshots.',
    'Instead of Puppeteer the crawler uses Playwright for screenshots.',
  ],
  ['instead-of', 'The roses are watered with rain water.', 'Water the roses with well water instead of rain water.'],
  [
    'change-from',
    'The band practises in the old mill.',
    'The band moved its practising back from the old mill to the barn.',
  ],
  [
    'change-from',
    'The portal is deployed from Jenkins.',
    'We moved deployment of the portal from Jenkins to Buildkite.',
  ],
  ['replaced-by', 'Maria is the lead of the compiler team.', 'Maria was replaced by Tom as lead of the compiler team.'],
  ['replaced-by', 'The intranet search is built on Solr.', 'We replaced Solr with Typesense in the intranet search.'],
  ['replaced-by', 'Nadia leads the compiler team.', 'Viktor took over the compiler team from Nadia.'],
  ['renamed', 'The shared channel is called core-chat.', 'The channel core-chat was renamed to platform-chat.'],
  ['no-longer', 'The importer accepts XLS files.', 'The importer no longer accepts XLS files, they crash it.'],
  ['no-longer', 'Interns review pull requests.', "Interns don't review pull requests any more."],
  ['same-sentence-value', 'The upload limit for guests is 20 MB.', 'The upload limit for guests is now 50 MB.'],
  [
    'same-sentence-value',
    'The session timeout of the kiosk is 5 minutes.',
    'The session timeout of the kiosk was raised to 15 minutes.',
  ],
  ['same-sentence-value', 'Standup is at 9:30.', 'Standup has been moved to 10:15.'],
  [
    'same-sentence-name',
    'The data steward of the lake is Priya Nair.',
    'The data steward of the lake is now Jonas Weber.',
  ],
];

const PROPOSED: readonly [rule: string, older: string, newer: string][] = [
  ['same-sentence-value', 'The nightly export is kept for 14 days.', 'The nightly export is kept for 30 days.'],
  ['same-sentence-value', 'The sandbox runs Kafka 3.6.', 'The sandbox runs Kafka 3.8.'],
  ['same-sentence-value', 'The general meeting is on 3 March 2027.', 'The general meeting is on 10 March 2027.'],
  ['same-sentence-value', 'Upload limit: 20 MB', 'Upload limit: 50 MB'],
  ['same-sentence-name', 'The lighthouse project is led by Amira.', 'The lighthouse project is led by Joon.'],
  ['same-sentence-name', 'Our main office is in Lisbon.', 'Our main office is in Porto.'],
  [
    'same-sentence-negation',
    'The guest network reaches the printers.',
    'The guest network does not reach the printers.',
  ],
  ['same-sentence-negation', 'Merge release branches on Fridays.', 'Never merge release branches on Fridays.'],
  [
    'change-from',
    'The invoice parser reads scans with Tesseract and Textract.',
    'We moved the invoice parser from Tesseract to PaddleOCR.',
  ],
  ['no-longer', 'The importer accepts XLS and CSV files.', 'The importer no longer accepts XLS files.'],
];

const COMPATIBLE: readonly [what: string, older: string, newer: string][] = [
  ['the same again', 'The upload limit for guests is 20 MB.', 'The upload limit for guests is 20 MB.'],
  ['another subject', 'The upload limit for guests is 20 MB.', 'The upload limit for members is 50 MB.'],
  ['another attribute', 'The upload limit for guests is 20 MB.', 'The request limit for guests is 50 a minute.'],
  ['a subject with a number', 'Shard 3 is on host 12.', 'Shard 4 is on host 13.'],
  ['another qualifier', 'The limit is 5 in region 1.', 'The limit is 5 in region 2.'],
  ['another product', 'The sandbox runs Kafka 3.6.', 'The sandbox runs Flink 1.19.'],
  ['a list that grows', 'The team includes Amira.', 'The team includes Joon.'],
  ['a second thing', 'The search API supports TLS 1.2.', 'The search API supports TLS 1.3.'],
  ['added', 'The office is in Lisbon.', 'The other office is in Porto.'],
  ['events', 'We released 3.1 on Monday.', 'We released 3.2 on Thursday.'],
  ['one of several', 'One of the maintainers is Amira.', 'One of the maintainers is Joon.'],
  ['other people', 'We use Trello.', 'A partner firm replaced Trello with Notion.'],
  ['others', 'We use Trello.', 'They switched from Trello to Notion.'],
  ['another unit', 'The kiosk sleeps after 5 minutes. The pause is 90 seconds.', 'The pause is 1.5 minutes.'],
  ['a more exact number', 'The sandbox runs Kafka 3.', 'The sandbox runs Kafka 3.6.'],
  ['an entry of a log', 'Rowing log: week 3, 12 km.', 'Rowing log: week 4, 15 km.'],
  ['a quality', 'Amira is Dutch.', 'Amira is Catholic.'],
  ['a question', 'The launch is on 4 June.', 'Should we move the launch from 4 June to 18 June?'],
  [
    'a plan',
    'The invoice parser reads scans with Tesseract.',
    'We plan to move the invoice parser from Tesseract to PaddleOCR.',
  ],
  [
    'a supposition',
    'The invoice parser reads scans with Tesseract.',
    'If we moved the invoice parser from Tesseract to PaddleOCR, it would be slower.',
  ],
  [
    'a joke',
    'The invoice parser reads scans with Tesseract.',
    'We moved the invoice parser from Tesseract to an intern, just kidding.',
  ],
  [
    'a quotation',
    'The importer accepts XLS files.',
    'The vendor said "the importer no longer accepts XLS files" in a mail.',
  ],
  ['a quoted line', 'The importer accepts XLS files.', '> The importer no longer accepts XLS files.'],
  ['for a while', 'The office is closed on Mondays.', 'Use the side door instead of the office door for now.'],
  ['another user of it', 'The billing page uses Yup.', 'Use Valibot instead of Yup for the signup form.'],
  ['a rename', 'The channel core-chat has 40 members.', 'The channel core-chat was renamed to platform-chat.'],
  ['time and again', 'Raw files are stored in S3.', 'Raw files are moved from S3 to Glacier every month.'],
  [
    'both in one',
    'We compared Tesseract with PaddleOCR for the invoice parser.',
    'We moved the invoice parser from Tesseract to PaddleOCR.',
  ],
  ['a denial before', 'The importer does not accept XLS files.', 'The importer no longer accepts XLS files.'],
  ['less of it', 'The importer accepts files.', 'The importer no longer accepts XLS files.'],
  [
    'other headings',
    '# Staging\n\nThe worker pool has 4 processes.',
    '# Production\n\nThe worker pool has 16 processes.',
  ],
];

describe('rules of conflicts', () => {
  it.each(EXPLICIT)('%s: %s | %s', (rule, older, newer) => {
    expect(between(older, newer)).toEqual({ rule, isExplicit: true });
  });

  it.each(PROPOSED)('propose %s: %s | %s', (rule, older, newer) => {
    expect(between(older, newer)).toEqual({ rule, isExplicit: false });
  });

  it.each(COMPATIBLE)('say nothing of %s', (_, older, newer) => {
    expect(between(older, newer)).toBeUndefined();
  });

  it.each(EXPLICIT)('find a text that arrives after %s', (_, older, newer) => {
    const [early, late] = [claimsOf(older), claimsOf(newer)];
    expect(late.keys.some((key) => early.lookups.includes(key))).toBe(true);
  });

  it('read nothing of documents, code and lists of many', () => {
    const sentence = 'We moved the invoice parser from Tesseract to PaddleOCR.';
    for (const text of [
      `${sentence}\n`.repeat(200),
      `\`\`\`\n${sentence}\n\`\`\``,
      Array.from({ length: 13 }, (_, place) => `Host ${place} is up.`).join('\n'),
    ]) {
      expect(claimsOf(text)).toMatchObject({ statements: [], keys: [], lookups: [] });
    }
  });

  it('leave a text to people that says more than what has ended', () => {
    const older = 'The invoice parser reads scans with Tesseract. It is fast. It has tests. It logs to disk.';
    const newer = 'We moved the invoice parser from Tesseract to PaddleOCR.';
    expect(between(older, newer)).toEqual({ rule: 'change-from', isExplicit: false });
  });
});
