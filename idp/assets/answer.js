// Sends the answer on to the service that asked; the button does the same without script.
document.getElementById("answer").requestSubmit();
