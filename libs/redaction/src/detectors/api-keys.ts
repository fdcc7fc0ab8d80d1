import type { SecretPattern } from './detector.js';
import { isKeyLike } from './randomness.js';

/** Keys and tokens that are known by how they begin. What is narrower stands before what is wider. */
export const keyPatterns: readonly SecretPattern[] = [
  key('anthropic-key', ['sk-ant-'], /(?<![A-Za-z0-9])sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,}/g),
  key('openrouter-key', ['sk-or-'], /(?<![A-Za-z0-9])sk-or-(?:v\d-)?[A-Za-z0-9]{32,}/g),
  key('langfuse-key', ['sk-lf-'], /(?<![A-Za-z0-9])sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g),
  key('openai-key', ['sk-'], /(?<![A-Za-z0-9])sk-(?:proj|svcacct|service|admin|None)-[A-Za-z0-9_-]{20,}/g),
  key('openai-key', ['sk-'], /(?<![A-Za-z0-9])sk-[A-Za-z0-9]{20,}(?![A-Za-z0-9_-])/g),
  key('keepsake-key', ['ks_'], /(?<![A-Za-z0-9])ks_[A-Za-z0-9_-]{29,}/g),
  key(
    'aws-access-key',
    ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    /(?<![A-Za-z0-9])A(?:KI|SI|BI|CC)A[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  ),
  key('aws-bedrock-key', ['ABSK'], /(?<![A-Za-z0-9])ABSK[A-Za-z0-9+/]{109,}={0,2}/g),
  key('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,}/g),
  key('github-token', ['github_pat_'], /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{36,}/g),
  key(
    'gitlab-token',
    ['gl'],
    /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas|ffct|wt)-[A-Za-z0-9_=.-]{20,}/g,
  ),
  key('slack-token', ['xox'], /(?<![A-Za-z0-9])xox[abceoprs][.-][A-Za-z0-9.-]{10,}/g, (text) => /\d/.test(text)),
  key('slack-token', ['xapp-'], /(?<![A-Za-z0-9])xapp-\d-[A-Z0-9]{6,}-\d{6,}-[A-Za-z0-9]{20,}/g),
  key(
    'slack-webhook',
    ['hooks.slack.com/'],
    /https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Z0-9]{8,}\/[A-Za-z0-9]{8,}\/[A-Za-z0-9/]{16,}/g,
    () => true,
  ),
  key('stripe-key', ['sk_', 'rk_'], /(?<![A-Za-z0-9])[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,}/g),
  key('webhook-secret', ['whsec_'], /(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{24,}={0,2}/g),
  key('google-key', ['AIza'], /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/g),
  key('google-oauth-secret', ['GOCSPX-'], /(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{24,}/g),
  key('google-oauth-token', ['ya29.'], /(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}/g),
  key('google-oauth-token', ['1//0'], /(?<![A-Za-z0-9/:.])1\/\/0[A-Za-z0-9_-]{40,}/g),
  key('npm-token', ['npm_'], /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g),
  key('pypi-token', ['pypi-'], /(?<![A-Za-z0-9])pypi-Ag[A-Za-z0-9_-]{50,}/g),
  key('huggingface-token', ['hf_', 'api_org_'], /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,}(?![A-Za-z0-9_])/g),
  key('voyage-key', ['pa-', 'al-'], /(?<![A-Za-z0-9_-])(?:pa|al)-[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g),
  key('twilio-key', ['SK'], /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g),
  key('sendgrid-key', ['SG.'], /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}/g),
  key('mailgun-key', ['key-'], /(?<![A-Za-z0-9_-])key-[0-9a-f]{32}(?![A-Za-z0-9])/g),
  key('mailchimp-key', ['-us'], /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/g),
  key(
    'azure-client-secret',
    ['Q~'],
    /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/g,
    () => true,
  ),
  key('digitalocean-token', ['_v1_'], /(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{64}/g),
  key('databricks-token', ['dapi'], /(?<![A-Za-z0-9])dapi[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])/g),
  key('new-relic-key', ['NRAK-', 'NRII-', 'NRJS-'], /(?<![A-Za-z0-9])NR(?:AK|II|JS)-[A-Za-z0-9_-]{19,}/g, () => true),
  key('shopify-token', ['shp'], /(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?![A-Za-z0-9])/g),
  key('square-token', ['sq0', 'EAAA'], /(?<![A-Za-z0-9])(?:sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60})/g),
  key('telegram-token', [':A'], /(?<![A-Za-z0-9])\d{8,10}:A[A-Za-z0-9_-]{34}(?![A-Za-z0-9_-])/g),
  key(
    'discord-token',
    ['.'],
    /(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])/g,
  ),
  key(
    'discord-webhook',
    ['/api/webhooks/'],
    /https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,}/g,
    () => true,
  ),
  key('linear-key', ['lin_'], /(?<![A-Za-z0-9])lin_(?:api|oauth)_[A-Za-z0-9]{32,}/g),
  key(
    'notion-token',
    ['ntn_', 'secret_'],
    /(?<![A-Za-z0-9])(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9]))/g,
  ),
  key('airtable-token', ['pat'], /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/g),
  key('figma-token', ['figd_'], /(?<![A-Za-z0-9])figd_[A-Za-z0-9_-]{36,}/g),
  key('sentry-token', ['sntry'], /(?<![A-Za-z0-9])sntry[su]_[A-Za-z0-9_=+/-]{40,}/g, () => true),
  key('vault-token', ['hvs.', 'hvb.', 'hvr.'], /(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,}/g),
  key('terraform-token', ['.atlasv1.'], /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}/g),
  key(
    'doppler-token',
    ['dp.'],
    /(?<![A-Za-z0-9])dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}(?![A-Za-z0-9])/g,
  ),
  key(
    'grafana-token',
    ['glc_', 'glsa_'],
    /(?<![A-Za-z0-9])(?:glc_[A-Za-z0-9+/]{32,}={0,2}|glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8})/g,
    () => true,
  ),
  key('postman-key', ['PMAK-'], /(?<![A-Za-z0-9])PMAK-[0-9a-f]{24}-[0-9a-f]{34}/g),
  key('groq-key', ['gsk_'], /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,}/g),
  key('replicate-token', ['r8_'], /(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])/g),
  key('perplexity-key', ['pplx-'], /(?<![A-Za-z0-9])pplx-[A-Za-z0-9]{40,}/g),
  key('xai-key', ['xai-'], /(?<![A-Za-z0-9])xai-[A-Za-z0-9]{70,}/g),
  key('pinecone-key', ['pcsk_'], /(?<![A-Za-z0-9])pcsk_[A-Za-z0-9]{4,}_[A-Za-z0-9]{40,}/g),
  key('tavily-key', ['tvly-'], /(?<![A-Za-z0-9])tvly-(?:dev-|prod-)?[A-Za-z0-9]{24,}/g),
  key('elevenlabs-key', ['sk_'], /(?<![A-Za-z0-9])sk_[0-9a-f]{48}(?![A-Za-z0-9])/g),
  key('docker-token', ['dckr_'], /(?<![A-Za-z0-9])dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}/g),
  key('rubygems-key', ['rubygems_'], /(?<![A-Za-z0-9])rubygems_[0-9a-f]{48}/g),
  key('supabase-key', ['sbp_', 'sb_secret_'], /(?<![A-Za-z0-9])(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{30,})/g),
  key('netlify-token', ['nfp_'], /(?<![A-Za-z0-9])nfp_[A-Za-z0-9]{36,}/g),
  key('atlassian-token', ['ATATT3', 'ATBB'], /(?<![A-Za-z0-9])(?:ATATT3[A-Za-z0-9_=-]{60,}|ATBB[A-Za-z0-9]{28,})/g),
  key('planetscale-token', ['pscale_'], /(?<![A-Za-z0-9])pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,}/g),
  key('langsmith-key', ['lsv2_'], /(?<![A-Za-z0-9])lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}/g),
  key('heroku-key', ['HRKU-'], /(?<![A-Za-z0-9])HRKU-[A-Za-z0-9_-]{36,}/g, () => true),
  key('age-key', ['AGE-SECRET-KEY-1'], /(?<![A-Za-z0-9])AGE-SECRET-KEY-1[0-9A-Z]{50,}/g, () => true),
];

function key(
  kind: string,
  hints: SecretPattern['hints'],
  pattern: RegExp,
  accepts: (secret: string) => boolean = (secret) => isKeyLike(behindPrefix(secret)),
): SecretPattern {
  return { kind, hints, pattern, accepts };
}

/** Of a key what is random: what stands behind its last short part, such as `sk-proj-`. */
function behindPrefix(secret: string): string {
  const prefix = /^(?:[A-Za-z0-9]{1,8}[._-]){1,3}/.exec(secret)?.[0] ?? '';
  const rest = secret.slice(prefix.length);
  return rest.length >= 16 ? rest : secret;
}
