// @ts-check
/**
 * `npm run services`: keeps the services of a test run up until Ctrl-C, and prints what to set in another shell so
 * that every test started there uses them instead of starting its own.
 */
import { once } from 'node:events';
import { provisionServices } from './services/provision.mjs';

const services = await provisionServices();
for (const [name, value] of Object.entries(services.env)) process.stdout.write(`export ${name}='${value}'\n`);
process.stderr.write(`${services.origins.join('\n')}\nCtrl-C ends them.\n`);
const alive = setInterval(() => undefined, 60_000);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
clearInterval(alive);
await services.remove();
