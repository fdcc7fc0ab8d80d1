export { HttpTestApp } from './http-test-app.js';
