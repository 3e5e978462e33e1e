#!/bin/sh
# A pinentry that plays a part. The first command names a folder by "OPTION play=…": in it stand
# "answers", a line for each question, and what was said to it is written to "heard".
echo "OK at your service"
while IFS= read -r line; do
  case $line in
    "OPTION play="*)
      play=${line#OPTION play=}
      echo $$ > "$play/pid"
      echo OK ;;
    GETPIN | CONFIRM)
      echo "$line" >> "$play/heard"
      answer=$(sed -n 1p "$play/answers")
      sed -i 1d "$play/answers"
      if [ "$answer" = hang ]; then exec sleep 600; fi
      printf '%b\n' "$answer" ;;
    *)
      echo "$line" >> "$play/heard"
      echo OK ;;
  esac
done
