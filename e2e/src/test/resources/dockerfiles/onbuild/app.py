print("an app on triggers")
