# Nothing at all.
FROM scratch
CMD ["/pqcheck"]
