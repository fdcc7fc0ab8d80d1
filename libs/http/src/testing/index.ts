export { HttpTestApp, type HttpTestOptions } from './http-test-app.js';
