// Comments and long names must not reach production.
function greetingFor(recipientOfTheGreeting) {
  const theGreetingItself = 'Hello, ' + recipientOfTheGreeting + ' from a bundle';
  return theGreetingItself;
}

console.log(greetingFor(process.argv[2]));
