import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { rowsFor } from '#test/support/table-rows.js';

/** Texts of one project, and what each holds literally: whoever asks for that finds the text. */
const TEXTS: readonly (readonly [text: string, queries: readonly string[]])[] = [
  [
    'Start the proxy with: docker run -p 8080:80 -v /srv/www:/usr/share nginx',
    ['docker run -p 8080:80 nginx', 'run -v'],
  ],
  ['Follow the log with tail -f /var/log/keepsake.log', ['what does tail -f do', '/var/log/keepsake.log', 'tail -f']],
  ['Clean history by git rebase -i HEAD~3 before review', ['git rebase -i HEAD~3', 'HEAD~3']],
  ['Unpack by tar -xzf backup.tar.gz', ['tar -xzf backup', '-xzf']],
  ['The freezer must stay at -18 degrees', ['freezer -18 degrees', '-18']],
  ['Set -Xmx2g for the build', ['-Xmx2g', 'build -Xmx2g']],
  ['gcc -O2 -Wall main.c', ['gcc -O2 -Wall', '-Wall']],
  ['Check headers with curl -I https://example.org', ['curl -I', 'https://example.org']],
  [
    'Look for sources: find . -name "*.ts" -type f -exec wc {} +',
    ['find . -name', 'find . -type f -exec', '-exec wc {}'],
  ],
  ['Remove the folder by rm -rf build; end it by kill -9 4711', ['rm -rf build', 'kill -9', 'kill -9 4711']],
  ['java -jar app.jar --server.port=9000', ['java -jar app.jar', '--server.port=9000']],
  ['Enter it: docker exec -it web bash', ['docker exec -it web', 'exec -it']],
  ['ps -ef shows processes; netstat -tulpn the ports', ['ps -ef', 'netstat -tulpn']],
  ['ffmpeg -c:v libx264 -b:a 128k', ['ffmpeg -c:v libx264', 'ffmpeg -b:a 128k']],
  ['paste -d, left right', ['paste -d, left right']],
  ['nc -p: 80', ['nc -p:']],
  ['IFS -F; done', ['IFS -F;']],
  ['grep -e"needle" hay', ['grep -e"needle" hay']],
  ['date -d"yesterday"', ['date -d"yesterday"']],
  ["awk -F: '{print $1}' /etc/passwd | sort -u", ["awk -F: '{print $1}'", 'awk -F:', '-F:']],
  ['cut -d: -f1 /etc/passwd', ['cut -d: -f1', 'cut -d:']],
  ['mysql -u root -p"secret" db', ['mysql -p"secret"']],
  ['sort -t: -k2 users', ['sort -t: -k2']],
  ['gcc -I. -L/usr/lib parts.c', ['gcc -I. parts.c', 'gcc -L/usr/lib parts.c']],
  ['java -D"key=value" -Dfoo=bar App', ['java -D"key=value" App', 'java -Dfoo=bar App']],
  ['7z -p"hunter2" vault', ['7z -p"hunter2" vault']],
  ['Launch checklist 🚀 was approved by the team', ['🚀', 'checklist 🚀']],
  ['✅ done: backup job\n❌ failed: restore job', ['✅', '❌', '✅ done']],
  ['Written by a family 👩‍👩‍👧 of coders 👩‍💻 👍🏽', ['👩‍💻', '💻', '👍', '👍🏽', '👩‍👩‍👧']],
  ['Offices in 🇩🇪 and 🇫🇷', ['🇩🇪', '🇫🇷']],
  ['Step 1️⃣ of #️⃣ ❤️ ⚠️', ['1️⃣', '❤', '⚠️', '⚠']],
  ['Written in C++ and F#', ['C++', 'F#', '++']],
  ['An arrow function: (a) => a.b ?? c', ['=>', '??', '(a) => a']],
  ['Pointers go ptr->next, pipes x |> y, scopes std::sort', ['->', 'ptr->next', '|>', '::', 'std::sort']],
  ['Install @keepsake/client from the registry', ['@keepsake/client', '@keepsake']],
  ['Set $KEEPSAKE_HOME or %APPDATA%', ['$KEEPSAKE_HOME', '%APPDATA%', 'APPDATA']],
  ['Prices: 20 € and £5, a rise of 7 %', ['€', '£', '£5', '20 €']],
  ['≠ is not ≈, and ∑ adds up', ['≠', '≈', '∑']],
  ['Release v10.4.0-rc.1 of 2026-11-29', ['v10.4.0-rc.1', '10.4.0', '2026-11-29']],
  ['Commit 9fceb02d0ae598e95dc970b74767f19372d61af8', ['9fceb02d0ae598e95dc970b74767f19372d61af8']],
  [
    'getUserById reads updated_at and MAX_RETRIES',
    ['getUserById', 'updated_at', 'MAX_RETRIES', 'user by id', 'getuserbyid'],
  ],
  ['We speak Go, R and AI', ['Go', 'R', 'AI']],
  ['Donau\u00addampf\u00adschiff and soft\u00adware', ['Donaudampfschiff', 'software', 'soft\u00adware']],
  ['zero\u200bwidth wo\u2060rd ob\ufeffject', ['zerowidth', 'width', 'word', 'object']],
  ['Нарядная ёлка и Ёжик', ['елка', 'ёлка', 'ежик', 'ЁЖИК']],
  ['أحمد يقرأ إلى الليل', ['احمد', 'أحمد', 'الي']],
  ['Kapı ışığı, ΟΔΟΣ, ｆｕｌｌ', ['kapi', 'kapı', 'οδος', 'full']],
  ['Развёртывание после проверки', ['развёртывание', 'проверки']],
  ['Η ανάπτυξη έγινε', ['ανάπτυξη', 'αναπτυξη']],
  ['المستخدم يفضل مُحَمَّد', ['المستخدم', 'محمد', 'مُحَمَّد']],
  ['המערכת אומרת שָׁלוֹם', ['המערכת', 'שלום']],
  ['हिन्दी में लिखा', ['हिन्दी', 'लिखा']],
  ['ระบบฐานข้อมูล', ['ฐานข้อมูล']],
  ['設計メモと索引', ['設計', '索引', '計']],
  ['서울에서 배포', ['서울', '배포']],
  ['ხელოვნური ინტელექტი', ['ინტელექტი']],
  ['Միավոր թեստեր', ['թեստեր']],
  ['தமிழ் மொழி', ['மொழி']],
  ['To be, or not to be; the question is IT?!', ['to be or not to be', 'IT', '?!', '"or not to be"', 'it']],
  ["We don't do that here", ["don't", 'do that here']],
  ['Straße, Crème brûlée, Łódź', ['straße', 'strasse', 'creme brulee', 'Łódź']],
];

const QUERIES = TEXTS.flatMap(([, queries], index) => queries.map((query) => ({ query, label: `text-${index}` })));

describe.each([
  ['PostgreSQL', true],
  ['the embedded database', false],
])('search for what a text holds literally, on %s', (_, outside) => {
  let database: TestDatabase | undefined;
  let server: Keepsake;

  beforeAll(async () => {
    database = outside ? await createTestDatabase() : undefined;
    server = await startKeepsake({ env: { DATABASE_URL: database?.url, LOG_LEVEL: 'warn' } });
    const items = TEXTS.map(([content], index) => ({ label: `text-${index}`, content }));
    await server.api.post('/v1/contexts/batch', { project: 'literal', items });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await database?.drop();
  });

  it.each(['keyword', 'hybrid', 'semantic'])(
    'finds the text, in %s mode',
    async (mode) => {
      const missed: unknown[] = [];
      for (const { query, label } of rowsFor(outside, QUERIES)) {
        const { status, body } = await server.api.get('/v1/search', {
          query: { project: 'literal', q: query, mode, limit: 5 },
        });
        expect(status).toBe(200);
        const labels = body.items.map((hit: { label: string }) => hit.label);
        if (!labels.includes(label)) missed.push({ query, label, labels, reason: body.reason });
      }
      expect(missed).toEqual([]);
    },
    120_000,
  );

  const near = [
    ['Krankenversicherung', 'Die Krankenversicherungsbeiträge werden am Monatsende abgebucht.'],
    ['тесты', 'Деплой идёт только после тестов.'],
    ['кэши', 'Сброс кэша'],
    ['قهوة', 'أحب القهوة في الصباح'],
    ['sjukförsäkring', 'Sjukförsäkringsavgifter betalas månadsvis.'],
    ['ספר', 'קראתי את הספר'],
    ['код', 'Новая версия кода готова'],
    ['9fceb02', 'Mended in 9fceb02d0ae598e95dc970b74767f19372d61af8'],
    ['yazılımlar', 'Yeni yazılımları kurduk'],
    ['książka', 'Czytam książki'],
  ] as const;

  it.each(rowsFor(outside, near))('finds %s by words near to it, marked as weak', async (q, content) => {
    const project = `near-${Buffer.from(q).toString('hex').slice(0, 20)}`;
    const items = [content, 'Grocery list: bread, butter, milk.'].map((text, index) => ({
      label: `${index}`,
      content: text,
    }));
    await server.api.post('/v1/contexts/batch', { project, items });
    for (const mode of ['keyword', 'hybrid', 'semantic']) {
      const { body } = await server.api.get('/v1/search', { query: { project, q, mode } });
      expect(body).toMatchObject({ items: [{ label: '0', weak: true }], degraded: false });
      expect(body.reason).toContain('no text holds these words');
      const { body: strict } = await server.api.get('/v1/search', { query: { project, q, mode, weak: false } });
      expect(strict.items).toEqual([]);
    }
  });

  it('still leaves out what is behind a dash and no option', async () => {
    const { body } = await server.api.get('/v1/search', { query: { project: 'literal', q: 'docker -nginx' } });
    expect(body).toMatchObject({ items: [{ label: expect.stringMatching(/^text-/) }], reason: null });
    expect(body.items[0].snippet).toContain('docker exec');
  });
});
