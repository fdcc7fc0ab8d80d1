export { FakeTransactionRunner } from './fake-transaction-runner.js';
