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

/** That something did not happen, no longer holds, or is asked. */
const UNCHANGED: readonly [older: string, newer: string][] = [
  ['The scanner runs on Windows.', 'The scanner was not moved from Windows to Linux.'],
  ['The scanner runs on Windows.', "The scanner wasn't moved from Windows to Linux."],
  ['The scanner runs on Windows.', 'The scanner has never been moved from Windows to Linux.'],
  ['The scanner runs on Windows.', 'We haven’t moved the scanner from Windows to Linux.'],
  ['The scanner runs on Windows.', 'Nobody moved the scanner from Windows to Linux.'],
  ['The door code is 1234.', 'Nobody changed the door code from 1234 to 5678.'],
  ['Team Nord uses Jira.', 'No team was moved from Jira to Linear.'],
  ['The limit is 20.', 'The limit was not raised from 20 to 40.'],
  ['The shop takes payments with Stripe.', 'The shop does not take payments with Adyen instead of Stripe.'],
  ['The SDK is published to npm.', 'The SDK is not published to JSR instead of npm.'],
  ['The board is called Kanban.', 'The board was never renamed to Flow.'],
  ['Nadia is the treasurer of the club.', 'Omar never replaced Nadia as the treasurer of the club.'],
  ['Nadia is the treasurer of the club.', 'Omar never took over the treasurer of the club from Nadia.'],
  ['The depot is in Hamburg.', 'The depot was moved from Hamburg to Bremen and back.'],
  ['The depot is in Hamburg.', 'The depot was moved from Hamburg to Bremen, but that was undone.'],
  ['The depot is in Hamburg.', 'The depot was moved from Hamburg to Bremen for two weeks.'],
  ['The depot is in Hamburg.', 'The depot moved from Hamburg to Bremen in 1998 and returned in 2004.'],
  ['Our CI runs on Jenkins.', 'Our CI was migrated from Jenkins to Buildkite and then back to Jenkins.'],
  ['The door code is 1234.', 'The door code was changed from 1234 to 5678, which turned out to be wrong.'],
  ['Team Nord uses Jira.', 'Was Team Nord moved from Jira to Linear'],
];

/** What the newer text ends is not all that the older one says, or the newer one says more of it. */
const LEFT_TO_PEOPLE: readonly [older: string, newer: string][] = [
  ['Nadia owns billing and Jorge owns search.', 'Lena took over billing from Nadia.'],
  ['The office is open Monday to Friday, with lunch at noon.', 'Lunch at the office was moved from noon to one.'],
  ['The archive is kept in Glacier and indexed by Solr.', 'The archive is indexed by OpenSearch instead of Solr.'],
  ['Solr indexes the archive, and Glacier keeps it.', 'The archive is indexed by OpenSearch instead of Solr.'],
  ['The archive is indexed by Solr; it starts at boot.', 'The archive is indexed by OpenSearch instead of Solr.'],
  ['The archive is indexed by Solr. Nina looks after it.', 'The archive is indexed by OpenSearch instead of Solr.'],
  ['The depot is in Hamburg.', 'The depot was moved from Hamburg to Bremen, but the office stayed.'],
  ['The gate squeaks at night.', 'The gate no longer squeaks at night only because it is broken.'],
];

const FOUND: readonly [rule: string, older: string, newer: string][] = [
  ['instead-of', 'We log with winston.', 'We use pino instead of winston.'],
  ['instead-of', 'We log with winston.', 'Amended, we use pino instead of winston.'],
  ['instead-of', 'The session data is stored on disk.', 'The session data is stored in memory rather than on disk.'],
  ['instead-of', 'The SDK is published to npm.', 'Instead of npm, the SDK is published to JSR.'],
  ['change-from', 'The tests run on Jenkins.', 'We moved the tests from Jenkins to Buildkite because it is not slow.'],
  ['no-longer', 'The gateway forwards the quote API.', 'The gateway no longer forwards the quote API.'],
  ['no-longer', 'The gateway forwards the joke API.', 'The gateway no longer forwards the joke API.'],
  ['same-sentence-value', 'The cache TTL is one hour.', 'The cache TTL is two hours.'],
  ['same-sentence-name', 'db: mysql', 'db: postgres'],
];

describe('rules of conflicts', () => {
  it.each(UNCHANGED)('find no change: %s | %s', (older, newer) => {
    expect(between(older, newer)).toBeUndefined();
  });

  it.each(LEFT_TO_PEOPLE)('apply nothing: %s | %s', (older, newer) => {
    expect(between(older, newer)?.isExplicit ?? false).toBe(false);
  });

  it.each(FOUND)('find %s: %s | %s', (rule, older, newer) => {
    expect(between(older, newer)).toMatchObject({ rule });
  });

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
