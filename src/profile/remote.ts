/** Whether an address `host:port` is of another machine. A name that is not `localhost` is: nobody is asked. */
export function isRemote(address: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':')).toLowerCase();
  return !(host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host));
}
