import { protocolHeaders } from './protocol-headers.js';

const newer = { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };

describe('the headers of a message', () => {
  it('name the negotiated version, once there is one', () => {
    expect(protocolHeaders({ id: 1, method: 'initialize' }, undefined)).toEqual({});
    expect(protocolHeaders({ id: 1, method: 'initialize' }, '2025-06-18')).toEqual({});
    expect(protocolHeaders({ id: 2, method: 'ping' }, '2025-06-18')).toEqual({ 'mcp-protocol-version': '2025-06-18' });
  });

  it('repeat what a message of a newer version says of itself', () => {
    expect(protocolHeaders({ id: 1, method: 'tools/call', params: { ...newer, name: 'search' } }, undefined)).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'search',
    });
    expect(protocolHeaders({ id: 1, method: 'tools/list', params: newer }, undefined)).toEqual({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/list',
    });
  });

  it.each([
    ['ä', '=?base64?w6Q=?='],
    [' a', '=?base64?IGE=?='],
    ['', '=?base64??='],
    ['=?base64?x?=', '=?base64?PT9iYXNlNjQ/eD89?='],
    ['keepsake://contexts/a b', 'keepsake://contexts/a b'],
  ])('carry %j as a header can', (uri, header) => {
    const { 'mcp-name': name } = protocolHeaders(
      { id: 1, method: 'resources/read', params: { ...newer, uri } },
      undefined,
    );
    expect(name).toBe(header);
  });
});
