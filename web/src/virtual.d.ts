declare module "virtual:capture" {
  /** Address of the audio thread's module. */
  const address: string;
  export default address;
}
