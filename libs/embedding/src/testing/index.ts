export { type Misbehaviour, FakeProviderServer } from './fake-provider-server.js';
export { EmbeddingDatabase, type TestProject } from './embedding-database.js';
export { FakeOllama, LLAMA, NOMIC } from './fake-ollama.js';
