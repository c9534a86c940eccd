const digits = (field) => field.value.replace(/\D/g, "");
const number = document.getElementById("card_number"), expiry = document.getElementById("expiry");
const group = () => {
  const amex = /^3[47]/.test(digits(number));
  const pattern = amex ? /^(\d{1,4})(\d{1,6})?(\d{1,5})?.*$/ : /(\d{4})(?=\d)/g;
  number.value = amex ? digits(number).replace(pattern, (_, a, b, c) => [a, b, c].filter(Boolean).join(" "))
    : digits(number).slice(0, 19).replace(pattern, "$1 ");
};
if (number) {
  number.addEventListener("input", group); if (number.value) group();
  expiry.addEventListener("input", (event) => {
    const typed = digits(expiry).slice(0, 4);
    if (event.inputType !== "deleteContentBackward") expiry.value = typed.length > 1 ? typed.slice(0, 2) + " / " + typed.slice(2) : typed;
  });
}
const radios = document.querySelectorAll("[name=payment_method_type][type=radio]");
const forms = { card: document.querySelector(".card_form"), sepa_debit: document.querySelector(".debit_form") };
const choose = () => radios.forEach((radio) => {
  forms[radio.value].hidden = !radio.checked;  // and only the fields of what is chosen are sent
  forms[radio.value].querySelectorAll("input, select").forEach((field) => { field.disabled = !radio.checked; });
});
radios.forEach((radio) => radio.addEventListener("change", choose)); choose();
document.querySelector("form").addEventListener("submit", () => {
  const button = document.getElementById("pay"); button.disabled = true; button.textContent = "Processing…";
});
window.addEventListener("pageshow", () => { document.getElementById("pay").disabled = false; choose(); });
