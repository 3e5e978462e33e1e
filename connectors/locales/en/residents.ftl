# Refusals of the resident register. Programs see them first.

identity-item = An item is empty or too long
    .person = Please check the name and the address on the application.
    .engineer = name and kana have 1 to 100 characters, address 1 to 200, application 1 to 32.
