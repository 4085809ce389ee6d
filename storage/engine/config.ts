/** The engine's config file: where users and logs are; system logs stay off because they outgrow the data. */
export function configXml({ users, log }: { users: string; log: string }): string {
  return `<clickhouse>
  <users_config>${users}</users_config>
  <logger><level>warning</level><log>${log}</log></logger>
</clickhouse>
`
}

/** Users of the engine. Its own start-up session signs in as \`default\`; once it is up, nobody may. */
export function usersXml({ user, password, starting }: { user: string; password: string; starting: boolean }): string {
  const first = starting
    ? `<default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query><query>GRANT CREATE TEMPORARY TABLE ON *.*</query><query>GRANT READ ON FILE</query></grants></default>`
    : ''
  return `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    ${first}
    <${user}><password>${password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota><access_management>1</access_management></${user}>
  </users>
</clickhouse>
`
}
