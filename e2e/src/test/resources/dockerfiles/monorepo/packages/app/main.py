def run():
    print("zipped")
