DROP TABLE phone_calls, phone_numbers;
