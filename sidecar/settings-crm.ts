/** Settings of the CRM connector. */
export const crmSettings = [
  {
    name: 'crm_file',
    kind: 'text',
    fallback: '',
    text: 'file with the CRM bindings (docs/crm.md); empty = no connector',
    example: 'config/crm.yaml',
  },
  {
    name: 'crm_host',
    kind: 'text',
    fallback: '127.0.0.1',
    text: 'address on which requests of the CRM are heard',
    example: '10.0.0.5',
  },
  {
    name: 'crm_port',
    kind: 'int',
    fallback: '5000',
    min: 0,
    max: 65_535,
    text: 'port for requests of the CRM, apart from `http_port` so that firewalls can tell them apart; 0 = any free one',
    example: '5000',
  },
] as const;
