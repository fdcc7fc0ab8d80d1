// @ts-check
import { accessOperations } from './access-operations.mjs';
import { agentOperations } from './agent-operations.mjs';
import { contextOperations } from './context-operations.mjs';
import { conversationOperations } from './conversation-operations.mjs';
import { sessionOperations } from './session-operations.mjs';
import { maintenanceOperations } from './maintenance-operations.mjs';
import { userOperations } from './user-walk.mjs';
import { successionOperations } from './succession-operations.mjs';

/** Every write that is drawn. The first can always be done. @type {readonly import('./write.mjs').Operation[]} */
export const OPERATIONS = [
  ...contextOperations,
  ...successionOperations,
  ...sessionOperations,
  ...conversationOperations,
  ...agentOperations,
  ...userOperations,
  ...accessOperations,
  ...maintenanceOperations,
];
