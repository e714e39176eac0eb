/** Settings of the face that speaks mod_callcenter's words. */
export const callcenterSettings = [
  {
    name: 'instance_id',
    kind: 'text',
    fallback: 'single_box',
    text: "what stands in `instance_id` and `serving_system` of `callcenter_config`'s tables (cc-instance-id of mod_callcenter)",
    example: 'single_box',
  },
] as const;
