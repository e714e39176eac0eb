/** The dialplans of the two call centres in the real-call suites. */

/** Phones of beta that ring for each outcome; 1011 is the agent of queue `support`. */
export const phones = { agent: 11, b: 12, c: 13, d: 14, fallback: 15, mass: 16 } as const;

/**
 * Alpha, the origin. A customer's phone dials 7000 to reach an agent, who may transfer him; or goes straight to beta:
 * 2xxx over IAX2, 3xxx over SIP, 4xxx over SIP by a carrier that rewrites the name, with the code in X-CCC-Code (TRK-3).
 */
export function alphaDialplan(): string {
  return `
[from-phones](+)
exten => 7000,1,Dial(PJSIP/1019,20)
 same => n,Hangup()
exten => _2XXX,1,Dial(IAX2/beta/\${EXTEN},60)
 same => n,Hangup()
exten => _3XXX,1,Dial(PJSIP/2\${EXTEN:1}@beta,60)
 same => n,Hangup()
exten => _4XXX,1,Set(CODE=\${CALLERID(name)})
 same => n,Set(CALLERID(name)=ACME GmbH)
 same => n,Dial(PJSIP/2\${EXTEN:1}@beta,60,b(add-code^s^1(\${CODE})))
 same => n,Hangup()

[add-code]
exten => s,1,Set(PJSIP_HEADER(add,X-CCC-Code)=\${ARG1})
 same => n,Return()
`;
}

/** A menu context as VICIdial's generator writes it: the lookup first, its exits as options, no TIMEOUT option but a fallback. */
function staticMenu(context: string, container: string, optionA: string): string {
  return `
[${context}]
exten => s,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://\${TANDEM_AGI_1}/cm_sc_ccc_lookup_insert.agi,${container}---8199)
 same => n,WaitExten(0.1)
exten => A,1,${optionA}
 same => n,Hangup()
exten => B,1,Goto(phones,1012,1)
exten => C,1,Goto(phones,1013,1)
exten => D,1,Goto(phones,1014,1)
exten => t,1,Goto(phones,1015,1)
exten => i,1,Goto(phones,1015,1)
`;
}

/** A DID that runs a Tandem application; 1015 rings when Tandem could not be reached or died. */
function application(did: string, request: string): string {
  return `
exten => ${did},1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(TANDEM_RESULT=)
 same => n,AGI(agi://\${TANDEM_AGI_1}/${request})
 same => n,GotoIf($["\${TANDEM_RESULT}" = ""]?phones,1015,1)
 same => n,Hangup()
`;
}

/** Beta, the destination. */
export function betaDialplan(agiPort: number): string {
  return `
[globals](+)
TANDEM_AGI_1 = 127.0.0.1:${agiPort}

[from-trunk](+)
exten => _2XXX,1,GotoIf($["\${CHANNEL(channeltype)}" != "PJSIP"]?did,\${EXTEN},1)
 same => n,Set(TANDEM_CCC_CODE=\${PJSIP_HEADER(read,X-CCC-Code)})
 same => n,Goto(did,\${EXTEN},1)

[phones]
exten => _10XX,1,Dial(PJSIP/\${EXTEN},20)
 same => n,Hangup()

[did]
exten => 2001,1,Goto(static_test,s,1)
exten => 2003,1,Goto(static_silent,s,1)
exten => 2004,1,Goto(static_missing,s,1)
exten => 2008,1,Goto(static_mass,s,1)
exten => 2010,1,Goto(static_refused,s,1)
${application('2002', 'menu,ccc_menu')}
${application('2005', 'menu,ccc_menu_silent')}
${application('2006', 'queue_entry,support')}
${application('2007', 'menu,keys')}
${application('2009', 'menu,ccc_menu_missing')}
${staticMenu('static_test', 'ccc_test', 'Queue(support,,,,30)')}
${staticMenu('static_silent', 'ccc_silent', 'Queue(support,,,,30)')}
${staticMenu('static_missing', 'ccc_nowhere', 'Queue(support,,,,30)')}
${staticMenu('static_refused', 'ccc_refused', 'Queue(support,,,,30)')}
${staticMenu('static_mass', 'ccc_test', 'Dial(PJSIP/1016,20)')}
`;
}

export function betaQueues(): string {
  return `
[support](+)
member => PJSIP/1011
`;
}
